"""Italian."""

from reference_system.model.brain.language.kitchens import kitchens
from reference_system.model.brain.language.lexicon import Language

ITALIAN = Language(
    code="it",
    telltales="il lo la i gli le un una e di da dal del per con al alla noi io nostro mio vorrei vorremmo viaggio volo "
    "voli notti notte sono che quale come fino favore prenota hotel albergo persone euro non senza siamo tempo annulla "
    "sposta",
    months="gennaio/gen febbraio/feb marzo/mar aprile/apr maggio/mag giugno/giu luglio/lug agosto/ago settembre/set "
    "ottobre/ott novembre/nov dicembre/dic",
    weekdays="lunedi martedi mercoledi giovedi venerdi sabato domenica",
    numbers="un/uno/una due tre quattro cinque sei sette otto nove dieci undici dodici tredici quattordici",
    one="un una",
    cues={
        "origin": "da | dal | abito a | abitiamo a | partendo da | con partenza da | partenza da",
        "target": "a | ad | in | verso | per | visitare | poi a | e poi a | quindi a | via | fino a | e a",
        "home": "ritorno | ritorno a | tornare a | andata e ritorno | e ritorno | a casa | rientro a | rientro | "
        "di ritorno",
        "start": "il | dal | da | dall | dal giorno | a partire dal | partenza il | partendo il | partire il | al | "
        "tra il | andata il | per il | all",
        "end": "al | all | fino al | fino all | ritorno il | ritorno | tornando il | tornare il | rientro il | "
        "rientro | di ritorno il",
        "range": "al | all | fino al | fino all | a | e | e il | e l",
        "this": "questo | questa",
        "next": "prossimo | prossima | successivo | che viene",
        "today": "oggi | stasera",
        "tomorrow": "domani",
        "after_tomorrow": "dopodomani",
        "in": "tra | fra",
        "article": "il | lo | la | l | i | gli | le | di | del | della | dell | , | un | una | mio | nostro | giorno",
        "weekend": "fine settimana | weekend | week-end | weekend lungo",
        "long_weekend": "weekend lungo | fine settimana lungo",
        "nights": "notte | notti | pernottamento | pernottamenti",
        "days": "giorno | giorni",
        "weeks": "settimana | settimane",
        "more": "in più | altra | altre | aggiuntiva | aggiuntive | ancora una",
        "one_way": "solo andata | senza ritorno | sola andata",
        "people": "persona | persone | adulto | adulti | viaggiatore | viaggiatori | passeggeri | passeggero | "
        "bambino | bambina | bambini | ospiti | posti",
        "crowd": "siamo | saremo | siamo in | saremo in | gruppo di | famiglia di | tavolo per",
        "count:1": "da solo | da sola | solo io",
        "count:2": "coppia | in coppia | in due",
        "relation": "moglie | marito | compagno | compagna | fidanzato | fidanzata | amico | amica | amici | "
        "amiche | madre | padre | figlio | figlia | sorella | fratello | collega | colleghi",
        "me": "me | io",
        "my": "mia | mio | miei | mie | nostro | nostra | un | una",
        "for": "per",
        "with": "con",
        "list": "viaggiatori | passeggeri | nomi",
        "and": "e | ed",
        "or": "o | oppure",
        "flight": "volo | voli | aereo | biglietto | biglietti",
        "hotel": "hotel | albergo | alberghi | camera | camere | alloggio | camera doppia",
        "dinner": "cena | cenare | ristorante | ristoranti | tavolo | tavolo per | mangiare | pranzo",
        "weather": "tempo farà | che tempo | previsioni | meteo | pioggia | piove | pioverà | piovere | "
        "temperatura | temperature | ombrello | il tempo",
        "trip": "viaggio | vacanza | vacanze | gita | fine settimana | weekend | soggiorno | tour",
        "fly": "volare | andare | viaggiare | visitare",
        "book": "prenota | prenotare | prenotami | prenotaci | organizza | organizzare | pianifica | vorrei | "
        "vorremmo | voglio | vogliamo | ho bisogno | abbiamo bisogno | cerco | cerchiamo",
        "only": "solo | soltanto | solamente | nient'altro",
        "without": "senza | nessun | nessuna | non serve | non voglio | non prenotare | non mi serve | non vogliamo",
        "stars": "stella | stelle",
        "rooms": "camera | camere | camere doppie | camera doppia",
        "per_night": "a notte | per notte",
        "each": "a persona | ciascuno | a testa | per persona | per viaggiatore",
        "budget": "budget | spendere | budget di | pagare",
        "cap": "meno di | massimo | al massimo | un massimo di | max | sotto | non più di | limite | sotto i | "
        "entro | fino a",
        "no_limit": "nessun budget | senza limiti | il prezzo non importa",
        "correction": "anzi | in realtà | piuttosto | no aspetta | aspetta | scusa | scusi | invece | meglio | "
        "voglio dire | correzione | ripensandoci",
        "instead_of": "invece di | invece del | al posto di | al posto del | anziché | non il | non a",
        "past": "anno scorso | mese scorso | settimana scorsa | ultima volta | estate scorsa | sono stato | "
        "sono stata | siamo stati | ieri | abita a | vive a | viene da | ho letto | ho sentito",
        "must": "deve | devo | dobbiamo | allergico | allergica | allergia | sedia a rotelle | scale | non può | "
        "non posso | importante",
        "cancel": "annulla | annullare | annulli | cancella | cancellare | disdici | disdire",
        "change": "cambia | cambiare | modifica | modificare | sposta | spostare | rimanda | rimandare | prolunga | "
        "prolungare | allunga | accorcia | sostituire",
        "tweak": "invece | invece di | invece del | al posto | al posto di | al posto del | altro | altra | "
        "più tardi | in più | anche | prima | aggiungi | aggiungere | piuttosto",
        "ask": "che | quale | quali | come | quando | dove | chi | perché | serve | farà | c'è",
        "other": "altro | altra | migliore | diverso",
        "off_topic": "poesia | tema | barzelletta | codice | programma | python | ricetta | compiti | borsa | "
        "azioni | bitcoin | password | traduci | canzone | storia | capitale di | presidente | tasse",
    },
    cuisines=kitchens(
        "italiano, italiana, italiani | francese, francesi | tedesco, tedesca | olandese | spagnolo, spagnola | "
        "britannico, inglese | svizzero, svizzera | austriaco, austriaca | catalano, catalana | portoghese | "
        "danese | turco, turca | bavarese | veneziano, veneziana | toscano, toscana | siciliano, siciliana | "
        "provenzale | belga | irlandese | scozzese | norvegese | svedese | finlandese | islandese | estone | "
        "lettone | polacco, polacca | ceco, ceca | ungherese | greco, greca | croato, croata | maltese | "
        "andaluso, andalusa | balearico, balearica | marocchino, marocchina | giapponese | indiano, indiana | "
        "libanese | messicano, messicana | vegetariano, vegetariana, vegano, vegana | pesce, frutti di mare | "
        "bistecca, bisteccheria"
    ),
    not_names="pasqua natale pentecoste ciao grazie saluti sì no signor signora euro colazione loro tutti tutte "
    "entrambi buongiorno",
)
