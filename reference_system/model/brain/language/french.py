"""French."""

from reference_system.model.brain.language.kitchens import forms, kitchens
from reference_system.model.brain.language.lexicon import Language

FRENCH = Language(
    code="fr",
    telltales="le la les un une et de du des pour avec au aux nous je j notre mon ma voudrais voudrions voyage vol "
    "vols nuits nuit sous est sont il quel quelle dans depuis vers jusqu reserve reservez hotel personnes euros "
    "ne pas sans partir dimanche vendredi samedi annulez annule deplacez",
    months="janvier/janv fevrier/fevr mars avril mai juin juillet/juil aout septembre/sept octobre/oct novembre/nov "
    "decembre/dec",
    weekdays="lundi mardi mercredi jeudi vendredi samedi dimanche",
    numbers="un/une deux trois quatre cinq six sept huit neuf dix onze douze treize quatorze",
    one="un une",
    cues={
        "origin": "de | d | j'habite à | nous habitons à | depuis | au départ de | au départ d | à partir de | "
        "en partant de | partir de",
        "target": "à | a | vers | pour | en | dans | visiter | puis | puis à | ensuite à | pour aller à | "
        "jusqu'à | via | et à",
        "home": "retour | retour à | aller-retour | aller retour | rentrer à | revenir à | et retour | à la maison",
        "start": "le | du | dès le | à partir du | départ | départ le | partir le | partant le | en partant le | "
        "au | entre le | arrivée le | aller le | partir du | pour le",
        "end": "au | jusqu'au | jusqu au | retour le | retour | rentrer le | revenir le | en revenant le | "
        "revenant le | et retour le | à",
        "range": "au | jusqu'au | à | et | et le",
        "this": "ce | cette | ce prochain",
        "next": "prochain | prochaine | suivant | suivante",
        "today": "aujourd'hui | ce soir",
        "tomorrow": "demain",
        "after_tomorrow": "après-demain | après demain",
        "in": "dans",
        "article": "le | la | les | l | de | du | d | , | un | une | mon | notre",
        "weekend": "week-end | weekend | fin de semaine | long week-end",
        "long_weekend": "long week-end | long weekend",
        "nights": "nuit | nuits | nuitée | nuitées",
        "days": "jour | jours | journée",
        "weeks": "semaine | semaines",
        "more": "de plus | supplémentaire | supplémentaires | en plus | encore une | encore un | plus longtemps",
        "one_way": "aller simple | sans retour | aller seulement",
        "people": "personne | personnes | adulte | adultes | voyageur | voyageurs | passagers | passager | enfant | "
        "enfants | invités | places",
        "crowd": "nous sommes | nous serons | on est | on sera | groupe de | famille de | table pour",
        "count:1": "seul | seule | en solo | rien que moi",
        "count:2": "à deux | couple | en couple | tous les deux",
        "count:3": "à trois",
        "count:4": "à quatre",
        "relation": "femme | mari | épouse | époux | copain | copine | ami | amie | amis | amies | mère | père | "
        "fils | fille | soeur | sœur | frère | collègue | collègues | compagnon | compagne",
        "me": "moi | je",
        "my": "ma | mon | mes | notre | nos | un | une",
        "for": "pour",
        "with": "avec",
        "list": "voyageurs | passagers | noms",
        "and": "et",
        "or": "ou",
        "flight": "vol | vols | avion | billet | billets | billet d'avion",
        "hotel": "hôtel | hôtels | chambre | chambres | hébergement | logement | chambre double",
        "dinner": "dîner | diner | restaurant | restaurants | table | table pour | repas | manger | souper | déjeuner",
        "weather": "météo | temps qu'il fera | quel temps | pluie | pleuvoir | pleuvra | pleut | température | "
        "températures | parapluie | prévisions | temps fera-t-il | fera-t-il",
        "trip": "voyage | vacances | séjour | escapade | week-end | weekend | circuit | fin de semaine",
        "fly": "aller | voler | partir | voyager | visiter | prendre l'avion",
        "book": "réserve | réservez | réserver | organise | organisez | organiser | planifie | planifiez | "
        "voudrais | voudrions | aimerais | aimerions | veux | voulons | cherche | cherchons | besoin | trouve | "
        "trouvez",
        "only": "seulement | uniquement | juste | rien que | que le | que l",
        "without": "sans | pas de | pas d | aucun | aucune | pas besoin de | pas besoin d | ni",
        "stars": "étoile | étoiles",
        "rooms": "chambre | chambres | chambres doubles | chambre double",
        "per_night": "par nuit | la nuit",
        "each": "par personne | chacun | par tête | par voyageur | par adulte",
        "budget": "budget | dépenser | budget de | payer",
        "cap": "moins de | maximum | au maximum | max | sous | au plus | jusqu'à | pas plus de | limite | "
        "en dessous de | ne dépassant pas",
        "no_limit": "pas de budget | sans limite | peu importe le prix",
        "correction": "en fait | plutôt | non attendez | attendez | pardon | désolé | désolée | finalement | "
        "je veux dire | à la réflexion | correction",
        "instead_of": "au lieu de | au lieu du | à la place de | plutôt que | pas le | pas à",
        "past": "l'année dernière | l'an dernier | le mois dernier | la semaine dernière | la dernière fois | "
        "l'été dernier | étais | était | j'ai été | nous étions | hier | elle habite | il habite | vient de | "
        "viens de | lu que | entendu",
        "must": "doit | devons | dois | allergique | allergie | fauteuil roulant | escaliers | ne peut pas | "
        "ne peux pas | important",
        "cancel": "annule | annulez | annuler | annulation",
        "change": "change | changez | changer | modifie | modifiez | modifier | déplace | déplacez | déplacer | "
        "décale | décalez | décaler | reporte | reportez | reporter | prolonge | prolongez | prolonger | "
        "raccourcir | remplacer",
        "tweak": "au lieu | au lieu de | au lieu du | autre | plutôt | encore une | de plus | plus longtemps | "
        "aussi | plus tard | plus tôt | ajoute | ajoutez | ajouter",
        "ask": "quel | quelle | quels | quelles | comment | est-ce | quand | où | qui | pourquoi | faut-il | "
        "y a-t-il | fera-t-il",
        "other": "autre | meilleur | différent",
        "off_topic": "poème | dissertation | blague | code | programme | python | recette | devoirs | bourse | "
        "actions | bitcoin | mot de passe | traduis | traduisez | chanson | histoire | capitale de | président | "
        "impôts",
    },
    cuisines=kitchens(
        forms(
            "italien, italienne | français, française | allemand, allemande | néerlandais, néerlandaise | "
            "espagnol, espagnole | britannique, anglais, anglaise | suisse | autrichien, autrichienne | "
            "catalan, catalane | portugais, portugaise | danois, danoise | turc, turque | bavarois, bavaroise | "
            "vénitien, vénitienne | toscan, toscane | sicilien, sicilienne | provençal, provençale | belge | "
            "irlandais, irlandaise | écossais, écossaise | norvégien, norvégienne | suédois, suédoise | "
            "finlandais, finlandaise | islandais, islandaise | estonien, estonienne | letton, lettone | "
            "polonais, polonaise | tchèque | hongrois, hongroise | grec, grecque | croate | maltais, maltaise | "
            "andalou, andalouse | baléare | marocain, marocaine | japonais, japonaise | indien, indienne | "
            "libanais, libanaise | mexicain, mexicaine | végétarien, végétarienne, végan, végane | "
            "poisson, fruits de mer | steak, grill",
            "",
            "s",
        )
    ),
    not_names="pâques noël pentecôte bonjour merci salut cordialement oui non madame monsieur euros petit déjeuner "
    "nous vous ils elles lui eux tous toutes l d j s c n m t qu",
)
