"""Spanish."""

from reference_system.model.brain.language.kitchens import forms, kitchens
from reference_system.model.brain.language.lexicon import Language

SPANISH = Language(
    code="es",
    telltales="el la los las un una y de del desde para con en al nosotros yo nuestro mi quiero queremos viaje vuelo "
    "vuelos noches noche es son que cual como hasta por favor reserva hotel personas euros no sin somos cancela cambia",
    months="enero/ene febrero/feb marzo/mar abril/abr mayo junio/jun julio/jul agosto/ago septiembre/sept/setiembre "
    "octubre/oct noviembre/nov diciembre/dic",
    weekdays="lunes martes miercoles jueves viernes sabado domingo",
    numbers="un/uno/una dos tres cuatro cinco seis siete ocho nueve diez once doce trece catorce",
    one="un una",
    cues={
        "origin": "de | desde | vivo en | vivimos en | saliendo de | saliendo desde | salida desde | salida de | "
        "con salida de",
        "target": "a | en | hacia | para | visitar | luego a | después a | y luego a | vía | hasta | y a",
        "home": "vuelta | vuelta a | volver a | regreso a | regresar a | ida y vuelta | de vuelta a | de vuelta | "
        "a casa | regreso",
        "start": "el | del | desde el | a partir del | salida el | saliendo el | salir el | al | entre el | ida el | "
        "el día | para el",
        "end": "al | hasta el | hasta | vuelta el | vuelta | volver el | volviendo el | regreso el | regreso | "
        "regresar el | de vuelta el",
        "range": "al | hasta el | hasta | a | y | y el",
        "this": "este | esta | este próximo",
        "next": "próximo | próxima | que viene | siguiente",
        "today": "hoy | esta noche",
        "tomorrow": "mañana",
        "after_tomorrow": "pasado mañana",
        "in": "en | dentro de",
        "article": "el | la | los | las | de | del | , | un | una | mi | nuestro | día",
        "weekend": "fin de semana | finde | fin de semana largo",
        "long_weekend": "fin de semana largo",
        "nights": "noche | noches",
        "days": "día | días",
        "weeks": "semana | semanas",
        "more": "más | adicional | adicionales | extra",
        "one_way": "solo ida | sólo ida | sin vuelta | ida solamente",
        "people": "persona | personas | adulto | adultos | viajero | viajeros | viajera | viajeras | pasajeros | "
        "pasajero | niño | niña | niños | huéspedes | plazas",
        "crowd": "somos | seremos | grupo de | familia de | mesa para",
        "count:1": "solo yo | sola | yo solo | yo sola",
        "count:2": "pareja | en pareja | los dos | las dos",
        "relation": "esposa | marido | mujer | esposo | novio | novia | amigo | amiga | amigos | amigas | madre | "
        "padre | hijo | hija | hermana | hermano | colega | colegas",
        "me": "mí | yo",
        "my": "mi | mis | nuestro | nuestra | un | una",
        "for": "para",
        "with": "con",
        "list": "viajeros | pasajeros | nombres",
        "and": "y | e",
        "or": "o | u",
        "flight": "vuelo | vuelos | avión | billete | billetes",
        "hotel": "hotel | hoteles | habitación | habitaciones | alojamiento | habitación doble",
        "dinner": "cena | cenar | restaurante | restaurantes | mesa | mesa para | comer | comida",
        "weather": "tiempo hará | tiempo hace | el tiempo | qué tiempo | pronóstico | lluvia | llover | lloverá | "
        "llueve | temperatura | temperaturas | paraguas | clima",
        "trip": "viaje | vacaciones | escapada | fin de semana | estancia | circuito",
        "fly": "volar | ir | viajar | visitar",
        "book": "reserva | reservar | resérvame | resérvanos | organiza | organizar | planifica | planea | quiero | "
        "queremos | quisiera | quisiéramos | me gustaría | nos gustaría | necesito | necesitamos | busco | "
        "buscamos",
        "only": "solo | sólo | solamente | únicamente | nada más",
        "without": "sin | ningún | ninguna | no necesito | no quiero | no reserves | no necesitamos | no queremos",
        "stars": "estrella | estrellas",
        "rooms": "habitación | habitaciones | habitaciones dobles | habitación doble",
        "per_night": "por noche | la noche",
        "each": "por persona | cada uno | por cabeza | por viajero | por adulto",
        "budget": "presupuesto | gastar | presupuesto de | pagar",
        "cap": "menos de | máximo | como máximo | un máximo de | máx | hasta | no más de | límite | por debajo de | "
        "a lo sumo",
        "no_limit": "sin presupuesto | sin límite | no importa el precio",
        "correction": "en realidad | mejor | mejor dicho | espera | perdón | no espera | lo siento | quiero decir | "
        "corrección | más bien",
        "instead_of": "en lugar de | en lugar del | en vez de | en vez del | no el | no a",
        "past": "año pasado | mes pasado | semana pasada | la última vez | verano pasado | estuve | estuvimos | "
        "ayer | vive en | viene de | leí que | oí que | fui a | fuimos a",
        "must": "debe | debo | debemos | alérgico | alérgica | alergia | silla de ruedas | escaleras | no puede | "
        "no puedo | importante",
        "cancel": "cancela | cancelar | cancelad | cancele | anula | anular | anule",
        "change": "cambia | cambiar | cambie | modifica | modificar | mueve | mover | aplaza | aplazar | traslada | "
        "trasladar | pasa | prolonga | prolongar | alarga | alargar | acortar | sustituir",
        "tweak": "en lugar | en lugar de | en lugar del | en vez de | en vez del | otro | otra | mejor | más tarde | "
        "más | también | antes | añade | añadir",
        "ask": "qué | cuál | cómo | cuándo | dónde | quién | hay | por qué | necesito un | hará",
        "other": "otro | otra | mejor | diferente",
        "off_topic": "poema | ensayo | chiste | código | programa | python | receta | deberes | bolsa | acciones | "
        "bitcoin | contraseña | contraseñas | traduce | canción | cuento | capital de | presidente | impuestos",
    },
    cuisines=kitchens(
        forms(
            "italiano, italiana | francés, francesa | alemán, alemana | holandés, holandesa, neerlandesa | "
            "español, española | británico, británica, inglesa | suizo, suiza | austriaco, austriaca | "
            "catalán, catalana | portugués, portuguesa | danés, danesa | turco, turca | bávaro, bávara | "
            "veneciano, veneciana | toscano, toscana | siciliano, siciliana | provenzal | belga | "
            "irlandés, irlandesa | escocés, escocesa | noruego, noruega | sueco, sueca | finlandés, finlandesa | "
            "islandés, islandesa | estonio, estonia | letón, letona | polaco, polaca | checo, checa | "
            "húngaro, húngara | griego, griega | croata | maltés, maltesa | andaluz, andaluza | balear | "
            "marroquí | japonés, japonesa | indio, india | libanés, libanesa | mexicano, mexicana | "
            "vegetariano, vegetariana, vegano, vegana | marisco, pescado | asador",
            "",
            "s",
        )
    ),
    not_names="semana santa navidad pascua hola gracias saludos sí no señor señora euros desayuno nosotros ellos "
    "ellas todos todas ambos",
)
