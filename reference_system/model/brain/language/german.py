"""German."""

from reference_system.model.brain.language.kitchens import forms, kitchens
from reference_system.model.brain.language.lexicon import Language

GERMAN = Language(
    code="de",
    telltales="der die das den dem ein eine einen und von nach fur mit im am vom zum bis ich wir bitte mochte mochten "
    "reise flug fluge nachte nacht uber unter wie wird wetter ist sind zu buche buchen ab auf nicht kein keine hotel "
    "personen euro mein meine unser storniere verschiebe",
    months="januar/jan/janner februar/feb marz/maerz/mrz april/apr mai juni/jun juli/jul august/aug september/sept/sep "
    "oktober/okt november/nov dezember/dez",
    weekdays="montag/mo dienstag/di mittwoch/mi donnerstag/do freitag/fr samstag/sa/sonnabend sonntag/so",
    numbers="ein/eins zwei/zwo drei vier funf/fuenf sechs sieben acht neun zehn elf zwolf/zwoelf dreizehn vierzehn",
    one="ein eine einen einer",
    cues={
        "origin": "von | ab | aus | ich wohne in | wir wohnen in | start in | abflug in | abflug ab",
        "target": "nach | in | weiter nach | dann nach | danach nach | und nach | besuchen | über | anschließend nach",
        "home": "zurück | zurück nach | nach hause | heim | hin und zurück | rückreise nach | rückflug nach | "
        "wieder nach",
        "start": "am | ab | ab dem | vom | von | hinflug am | hin am | abflug am | anreise am | start am | "
        "beginn am | los am | zwischen dem | auf den | am dem | hinreise am",
        "end": "bis | bis zum | bis zu | bis am | rückflug am | rückflug | zurück am | zurück | rückreise am | "
        "rückreise | heim am | retour am | retour | heimflug am | rückkehr am | rückkehr",
        "range": "bis | bis zum | bis zu | und | und dem",
        "this": "dieses | diesen | diese | diesem | kommenden | kommendes | kommende | kommendem",
        "next": "nächstes | nächsten | nächste | nächster | nächstem | naechstes | naechsten",
        "today": "heute",
        "tomorrow": "morgen",
        "after_tomorrow": "übermorgen",
        "in": "in",
        "article": "der | die | das | den | dem | des | , | ein | eine | einen | mein | meinen | unser | unseren | zum",
        "weekend": "wochenende | langes wochenende",
        "long_weekend": "langes wochenende",
        "nights": "nacht | nächte | nächten | naechte | naechten | übernachtung | übernachtungen",
        "days": "tag | tage | tagen",
        "weeks": "woche | wochen",
        "more": "mehr | länger | laenger | weitere | weiteren | zusätzliche | zusätzlich | noch eine | noch einen | "
        "verlängern um",
        "one_way": "einfacher flug | einfachen flug | nur hin | nur hinflug | einfache strecke | ohne rückflug | "
        "ohne rückreise",
        "people": "person | personen | erwachsene | erwachsenen | erwachsener | leute | leuten | reisende | "
        "reisenden | gäste | gästen | kind | kinder | kindern | plätze | sitzplätze | köpfe",
        "crowd": "wir sind | familie mit | gruppe von | tisch für",
        "count:1": "allein | alleine | nur ich | nur für mich",
        "count:2": "zu zweit | paar | ein paar zu zweit | zu zweien",
        "count:3": "zu dritt",
        "count:4": "zu viert",
        "count:5": "zu fünft",
        "count:6": "zu sechst",
        "relation": "frau | mann | partner | partnerin | freund | freundin | freunden | freunde | mutter | vater | "
        "sohn | tochter | schwester | bruder | kollege | kollegin | kollegen | chef",
        "me": "mich | mir | ich",
        "my": "meine | meiner | meinem | meinen | mein | unsere | unserer | einer | einem",
        "for": "für | fuer",
        "with": "mit | zusammen mit",
        "list": "reisende | passagiere | namen | gäste",
        "and": "und",
        "or": "oder",
        "flight": "flug | flüge | fluege | flügen | hinflug | rückflug | flugticket | flugtickets | ticket | tickets",
        "hotel": "hotel | hotels | zimmer | unterkunft | doppelzimmer | einzelzimmer | hotelzimmer | übernachten",
        "dinner": "abendessen | restaurant | restaurants | tisch | tisch für | essen | essen gehen | dinner | "
        "mittagessen",
        "weather": "wetter | wettervorhersage | vorhersage | regen | regnet | regnen | sonnig | temperatur | "
        "temperaturen | regenschirm | wie warm | wie kalt",
        "trip": "reise | urlaub | ferien | städtereise | staedtereise | kurztrip | trip | ausflug | rundreise | "
        "wochenende | tour | kurzurlaub",
        "fly": "fliegen | fliege | reisen | fahren | besuchen | verreisen",
        "book": "buche | buchen | buchst | reserviere | reservieren | plane | planen | organisiere | brauche | "
        "brauchen | möchte | möchten | will | wollen | suche | suchen | hätte gern | hätten gern | moechte | "
        "moechten",
        "only": "nur | lediglich | ausschließlich | bloß",
        "without": "ohne | kein | keine | keinen | brauche kein | brauche keinen | brauche keine | brauchen kein | "
        "brauchen keinen | brauchen keine | nicht",
        "stars": "stern | sterne | sternen | sterne-hotel | sternehotel",
        "rooms": "zimmer | doppelzimmer | einzelzimmer",
        "per_night": "pro nacht | je nacht | die nacht",
        "each": "pro person | pro kopf | je person | jeweils | pro nase",
        "budget": "budget | ausgeben | kosten | kostet | bezahlen",
        "cap": "unter | höchstens | hoechstens | maximal | max | bis zu | nicht mehr als | weniger als | "
        "nicht über | limit | obergrenze | bis",
        "no_limit": "kein budget | geld spielt keine rolle | egal was es kostet | kein limit",
        "correction": "doch lieber | lieber | nein warte | warte | entschuldigung | stattdessen | eigentlich | "
        "ich meine | besser gesagt | doch besser | korrektur | genauer gesagt",
        "instead_of": "statt | anstatt | statt am | anstelle von | nicht am | nicht nach",
        "past": "letztes jahr | letzten monat | letzte woche | letztes mal | letzten sommer | war in | waren in | "
        "war ich | waren wir | gestern | früher | wohnt in | kommt aus | komme aus | gelesen | gehört dass",
        "must": "muss | müssen | darf | dürfen | allergisch | allergie | rollstuhl | treppen | kann nicht | wichtig",
        "cancel": "storniere | stornieren | storno | absagen | annulliere | annullieren | rückgängig",
        "change": "ändere | ändern | aendern | umbuchen | umbuche | verschiebe | verschieben | verlege | verlegen | "
        "verlängere | verlängern | verkürzen | tausche | tauschen | wechsle | wechseln | ersetze | upgrade",
        "tweak": "statt | stattdessen | anderes | anderen | andere | länger | noch eine | noch einen | zusätzlich | "
        "auch noch | später | früher | lieber | doch lieber",
        "ask": "was | wie | wird es | ist es | brauche ich | wann | wo | welche | welches | wer | gibt es | warum",
        "other": "anderes | anderen | andere | besseres | besserem | schöneres",
        "off_topic": "gedicht | aufsatz | witz | code | programm | python | rezept | hausaufgaben | aktie | aktien | "
        "bitcoin | passwort | passwörter | übersetze | lied | geschichte | hauptstadt von | präsident | steuer | "
        "steuern",
    },
    cuisines=kitchens(
        forms(
            "italienisch | französisch | deutsch | niederländisch, holländisch | spanisch | britisch, englisch | "
            "schweizerisch, schweizer | österreichisch | katalanisch | portugiesisch | dänisch | türkisch | "
            "bayerisch, bayrisch | venezianisch | toskanisch | sizilianisch | provenzalisch | belgisch | "
            "irisch | schottisch | norwegisch | schwedisch | finnisch | isländisch | estnisch | lettisch | "
            "polnisch | tschechisch | ungarisch | griechisch | kroatisch | maltesisch | andalusisch | "
            "balearisch | marokkanisch | japanisch | indisch | libanesisch | mexikanisch | vegetarisch, vegan | "
            "fisch, meeresfrüchte | steak",
            "",
            "e",
            "en",
            "er",
            "es",
            "em",
        )
    ),
    not_names="ostern weihnachten pfingsten frühstück halbpension meerblick balkon pool spa sauna gepäck hause "
    "personen familie uhr euro hallo guten tag danke grüße gruß ja nein bitte freunde urlaub flughafen stadt "
    "zentrum innenstadt altstadt nähe meer strand dank frau herr sie ihr ihnen uns alle beide heute mal wochen "
    "preis geld jahr monat bahn zug auto kinder eltern geburtstag hochzeitstag arbeit geschäftlich messe "
    "konferenz anfang ende mitte",
)
