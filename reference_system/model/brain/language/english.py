"""English."""

from reference_system.model.brain.language.kitchens import kitchens
from reference_system.model.brain.language.lexicon import Language

ENGLISH = Language(
    code="en",
    telltales="the a an and from to for with of on in is are we i my our please book would like need want trip flight "
    "flights nights night days week you what will be how this next at by under cancel change",
    months="january/jan february/feb march/mar april/apr may june/jun july/jul august/aug september/sept/sep "
    "october/oct november/nov december/dec",
    weekdays="monday/mon tuesday/tue/tues wednesday/wed thursday/thu/thurs friday/fri saturday/sat sunday/sun",
    numbers="one two three four five six seven eight nine ten eleven twelve thirteen fourteen",
    one="a an one",
    cues={
        # where
        "origin": "from | out of | departing from | leaving from | starting from | starting in | start in | "
        "i live in | we live in | depart from | leave from | start from | fly from",
        "target": "to | in | into | visit | visiting | see | towards | around | then | then to | then on to | via | at",
        "home": "home | back home | back to | return to | returning to | and back | round trip | return trip",
        # when
        "start": "on | from | leaving | leaving on | leave | leave on | departing | departing on | depart | "
        "depart on | starting | starting on | start | start on | beginning | outbound | out on | there on | "
        "go on | flying on | fly on | arriving | arriving on | arrive | arrive on | between | check in | "
        "checking in | move it to | move everything to | moved to | move to | move the trip to | "
        "move my trip to | shift it to | postpone it to | postpone to | postpone the trip to | shift to",
        "end": "until | till | to | through | returning | returning on | return | return on | back | back on | "
        "coming back | coming back on | come back | come back on | home on | fly home | fly home on | fly back | "
        "fly back on | check out | checking out | stay until | stay till",
        "range": "to | until | till | through | and",
        "this": "this | this coming | coming | the coming",
        "next": "next",
        "today": "today | tonight",
        "tomorrow": "tomorrow",
        "after_tomorrow": "the day after tomorrow | day after tomorrow",
        "in": "in",
        "article": "the | of | my | our | , | day | a | an",
        "weekend": "weekend | long weekend",
        "long_weekend": "long weekend",
        "nights": "night | nights",
        "days": "day | days",
        "weeks": "week | weeks",
        "more": "more | extra | additional | longer",
        "one_way": "one way | oneway | one-way | no return | without return | single ticket",
        # who
        "people": "adult | adults | people | persons | person | travellers | travelers | traveller | traveler | "
        "passengers | passenger | of us | pax | guests | guest | kids | kid | children | child | seats | seat",
        "crowd": "we are | we will be | party of | group of | family of | there are | there will be | table for",
        "count:1": "alone | solo | by myself | on my own | just me | only me",
        "count:2": "couple | a couple | both of us",
        "relation": "wife | husband | partner | girlfriend | boyfriend | friend | friends | mother | father | "
        "mum | mom | dad | son | daughter | sister | brother | colleague | colleagues | boss",
        "me": "me | myself | i",
        "my": "my | our | a",
        "for": "for",
        "with": "with | together with | along with",
        "list": "travellers | travelers | passengers | names | guests",
        "and": "and | plus",
        "or": "or",
        # how
        "flight": "flight | flights | plane | ticket | tickets | airfare",
        "hotel": "hotel | hotels | room | rooms | accommodation | place to stay | somewhere to stay | double room | "
        "double rooms | single room | single rooms",
        "dinner": "dinner | restaurant | restaurants | table | table for | meal | eat | lunch | dine | food",
        "weather": "weather | forecast | rain | raining | sunny | temperature | temperatures | umbrella | how warm | "
        "how cold | how hot",
        "trip": "trip | holiday | holidays | vacation | travel | journey | getaway | city break | tour | weekend | "
        "itinerary | long weekend | round trip",
        "fly": "fly | flying | go | going | take me | send me | visit | travel | travelling | traveling | get to",
        "book": "book | reserve | plan | organise | organize | arrange | find me | find us | get me | need | want | "
        "would like | i d like | we d like | looking for",
        "only": "only | just | nothing but | nothing else",
        "without": "no | without | skip | not need | don t need | do not need | don t want | do not want | "
        "don t book | do not book | need no | not a",
        "stars": "star | stars",
        "rooms": "room | rooms | double room | double rooms | single room | single rooms",
        "per_night": "per night | a night | each night | nightly",
        "each": "per person | each | per head | per traveller | a head | per adult",
        "budget": "budget | spend | pay",
        "cap": "under | below | at most | max | maximum | up to | less than | not more than | no more than | within | "
        "for no more than | cheaper than | limit",
        "no_limit": "no budget | no limit | money is no object | price does not matter | whatever it costs",
        # turns of speech
        "correction": "actually | no wait | wait | sorry | rather | instead | correction | i mean | make it | "
        "on second thought | on second thoughts | changed my mind",
        "instead_of": "instead of | rather than | not",
        "past": "last year | last month | last week | last time | last summer | years ago | went | was in | were in | "
        "was at | have been | had been | was born | used to | yesterday | my neighbour | read that | heard that | "
        "i read | i heard | came from | comes from | lives in",
        "must": "must | must not | allergic | allergy | wheelchair | stairs | cannot | can t | have to | important",
        "cancel": "cancel | call off | undo | scrap",
        "change": "change | move | shift | postpone | rebook | modify | switch | extend | prolong | shorten | "
        "bring forward | move it to | move everything to | move the trip to | move my trip to | move to | "
        "shift it to | postpone it to | postpone to | postpone the trip to | shift to | replace | upgrade",
        "tweak": "instead | stay longer | longer | add | also | different | another | later | earlier | make it | "
        "rather",
        "ask": "what | how | will it | is it | do i need | when | where | which | does it | who | is there | why",
        "other": "another | other | different | better | nicer",
        "off_topic": "poem | essay | joke | code | program | python | recipe | homework | stock | stocks | shares | "
        "bitcoin | password | passwords | translate | song | story | capital of | president | tax | taxes | medicine | "
        "equation | lawyer | exploit | malware",
    },
    cuisines=kitchens(
        "Italian | French | German | Dutch | Spanish | British | Swiss | Austrian | Catalan | Portuguese | "
        "Danish | Turkish | Bavarian | Venetian | Tuscan | Sicilian | Provençal | Belgian | Irish | Scottish | "
        "Norwegian | Swedish | Finnish | Icelandic | Estonian | Latvian | Polish | Czech | Hungarian | Greek | "
        "Croatian | Maltese | Andalusian | Balearic | Moroccan | Japanese | Indian | Lebanese | Mexican | "
        "vegetarian, vegan, veggie | seafood, fish | steak, steakhouse"
    ),
    not_names="easter christmas pentecost whitsun business class economy breakfast euros euro eur pm am ok hi "
    "hello dear thanks thank regards cheers yes no sir madam it they he she him her them us both all everyone now",
)
