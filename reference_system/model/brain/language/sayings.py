"""What the model says to users, in each language: templates for ``str.format``."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Sayings:
    """One language. What the planner asks, then what the summariser tells."""

    and_: str
    need: str
    origin: str
    destination: str
    departure: str
    length: str
    day: str
    nights_each: str
    clash: str
    end_before_start: str
    no_such_day: str
    unknown_city: str
    out_of_calendar: str
    too_many: str
    too_long: str
    too_many_cities: str
    names_and_number: str
    unclear_money: str
    what_change: str
    which_hotel: str
    nothing_booked: str
    to_change: str
    to_cancel: str
    not_this: str
    no_way: str
    ends: dict[str, str]
    """By the reason for which the trip ended."""
    total: str
    missing: str
    weather: str
    reference: str

    def listed(self, parts: Sequence[str]) -> str:
        """``a, b and c``."""
        return f"{', '.join(parts[:-1])} {self.and_} {parts[-1]}" if len(parts) > 1 else "".join(parts)


_ENGLISH = Sayings(
    and_="and",
    need="To plan this I still need {what}.",
    origin="the city that you start from",
    destination="the city that you want to go to",
    departure="the day on which you want to leave",
    length="the day of the way back, or the number of nights",
    day="the day",
    nights_each="how many nights you want to stay in {city}",
    clash="This does not fit together: {one} and {other}. Which is right?",
    end_before_start="The way back on {end} would not be after the departure on {start}. Which days are right?",
    no_such_day="There is no such day as {day}. Which day do you mean?",
    unknown_city="I have no offers for {cities}. Which other city may it be, for example {near}?",
    out_of_calendar="{day} cannot be booked; I have offers from {first} to {last}. Which days suit you?",
    too_many="I can book for at most {most} travellers, not for {count}. For how many shall I book?",
    too_long="A stay may last at most {most} nights, not {count}. How long do you want to stay?",
    too_many_cities="A tour may have at most {most} cities, not {count}. Which shall it be?",
    names_and_number="You name {names}, but speak of {count} travellers. Who travels?",
    unclear_money="I keep to a budget in {currency} for the whole trip; what does {amount} come to?",
    what_change="What shall I change: the days, the hotel, the destination or the travellers?",
    which_hotel="Which hotel may it be instead: how many stars shall it have?",
    nothing_booked="There is no booking that I could {verb}. Which trip do you mean?",
    to_change="change",
    to_cancel="cancel",
    not_this="I can book trips, change or cancel them, and tell the weather. What shall I do of that?",
    no_way="I cannot make a plan of this ({why}). Can you say it in another way?",
    ends={
        "completed": "Everything is arranged.",
        "degraded": "The essential is arranged, but not everything.",
        "needs_input": "Nothing is booked yet.",
        "escalated": "I could not finish this myself; a colleague takes care of it.",
        "refused": "I cannot do this. I book trips, change and cancel them, and tell the weather.",
        "budget_exhausted": "This took more effort than I may spend on one request, so I stopped.",
        "deadline": "This took too long, so I stopped.",
        "failed": "I am sorry, this could not be done.",
    },
    total="Total: {amount}.",
    missing="Missing: {parts}.",
    weather="Weather: {lines}.",
    reference="reference {booking}",
)

_GERMAN = Sayings(
    and_="und",
    need="Für die Planung brauche ich noch {what}.",
    origin="den Abreiseort",
    destination="das Reiseziel",
    departure="den Tag der Abreise",
    length="den Tag der Rückreise oder die Zahl der Nächte",
    day="den Tag",
    nights_each="die Zahl der Nächte in {city}",
    clash="Das passt nicht zusammen: {one} und {other}. Was stimmt?",
    end_before_start="Die Rückreise am {end} läge nicht nach der Abreise am {start}. Welche Tage stimmen?",
    no_such_day="Den Tag {day} gibt es nicht. Welcher Tag ist gemeint?",
    unknown_city="Für {cities} habe ich keine Angebote. Welche andere Stadt darf es sein, zum Beispiel {near}?",
    out_of_calendar="{day} ist nicht buchbar; ich habe Angebote vom {first} bis {last}. Welche Tage passen?",
    too_many="Ich kann für höchstens {most} Reisende buchen, nicht für {count}. Für wie viele soll ich buchen?",
    too_long="Ein Aufenthalt darf höchstens {most} Nächte dauern, nicht {count}. Wie lange soll er sein?",
    too_many_cities="Eine Rundreise darf höchstens {most} Städte haben, nicht {count}. Welche sollen es sein?",
    names_and_number="Genannt sind {names}, aber es ist von {count} Reisenden die Rede. Wer reist?",
    unclear_money="Ich halte mich an ein Budget in {currency} für die ganze Reise; wie viel sind {amount}?",
    what_change="Was soll ich ändern: die Tage, das Hotel, das Reiseziel oder die Reisenden?",
    which_hotel="Welches Hotel darf es stattdessen sein: wie viele Sterne soll es haben?",
    nothing_booked="Es gibt keine Buchung, die ich {verb} könnte. Welche Reise ist gemeint?",
    to_change="ändern",
    to_cancel="stornieren",
    not_this="Ich kann Reisen buchen, ändern oder stornieren und das Wetter nennen. Was davon soll ich tun?",
    no_way="Daraus kann ich keinen Plan machen ({why}). Geht es mit anderen Worten?",
    ends={
        "completed": "Alles ist erledigt.",
        "degraded": "Das Wesentliche ist gebucht, aber nicht alles.",
        "needs_input": "Es ist noch nichts gebucht.",
        "escalated": "Ich konnte das nicht selbst abschließen; eine Kollegin kümmert sich darum.",
        "refused": "Das kann ich nicht. Ich buche Reisen, ändere und storniere sie und nenne das Wetter.",
        "budget_exhausted": "Das war mehr Aufwand, als ich für eine Anfrage treiben darf; ich habe abgebrochen.",
        "deadline": "Das hat zu lange gedauert; ich habe abgebrochen.",
        "failed": "Es tut mir leid, das war nicht möglich.",
    },
    total="Gesamt: {amount}.",
    missing="Es fehlt: {parts}.",
    weather="Wetter: {lines}.",
    reference="Buchung {booking}",
)

_FRENCH = Sayings(
    and_="et",
    need="Pour préparer le voyage, il me faut encore {what}.",
    origin="la ville de départ",
    destination="la ville de destination",
    departure="le jour du départ",
    length="le jour du retour ou le nombre de nuits",
    day="le jour",
    nights_each="le nombre de nuits à {city}",
    clash="Cela ne va pas ensemble: {one} et {other}. Lequel est juste?",
    end_before_start="Le retour le {end} ne serait pas après le départ le {start}. Quels jours sont justes?",
    no_such_day="Le jour {day} n'existe pas. Quel jour voulez-vous dire?",
    unknown_city="Je n'ai pas d'offres pour {cities}. Quelle autre ville vous conviendrait, par exemple {near}?",
    out_of_calendar="Le {day} ne peut pas être réservé; j'ai des offres du {first} au {last}. Quels jours vous "
    "conviennent?",
    too_many="Je peux réserver pour {most} voyageurs au plus, pas pour {count}. Pour combien dois-je réserver?",
    too_long="Un séjour peut durer {most} nuits au plus, pas {count}. Combien de temps voulez-vous rester?",
    too_many_cities="Un circuit peut avoir {most} villes au plus, pas {count}. Lesquelles choisissez-vous?",
    names_and_number="Vous nommez {names}, mais parlez de {count} voyageurs. Qui voyage?",
    unclear_money="Je respecte un budget en {currency} pour tout le voyage; que font {amount}?",
    what_change="Que dois-je changer: les jours, l'hôtel, la destination ou les voyageurs?",
    which_hotel="Quel hôtel voulez-vous à la place: combien d'étoiles doit-il avoir?",
    nothing_booked="Il n'y a pas de réservation que je puisse {verb}. De quel voyage parlez-vous?",
    to_change="changer",
    to_cancel="annuler",
    not_this="Je peux réserver des voyages, les changer ou les annuler, et dire la météo. Que dois-je faire?",
    no_way="Je ne peux pas en faire un plan ({why}). Pouvez-vous le dire autrement?",
    ends={
        "completed": "Tout est arrangé.",
        "degraded": "L'essentiel est réservé, mais pas tout.",
        "needs_input": "Rien n'est encore réservé.",
        "escalated": "Je n'ai pas pu terminer moi-même; une collègue s'en occupe.",
        "refused": "Je ne peux pas faire cela. Je réserve, change et annule des voyages, et je dis la météo.",
        "budget_exhausted": "Cela demandait plus d'efforts que permis pour une demande; je me suis arrêté.",
        "deadline": "Cela a pris trop de temps; je me suis arrêté.",
        "failed": "Je suis désolé, cela n'a pas été possible.",
    },
    total="Total: {amount}.",
    missing="Il manque: {parts}.",
    weather="Météo: {lines}.",
    reference="réservation {booking}",
)

_SPANISH = Sayings(
    and_="y",
    need="Para planearlo todavía necesito {what}.",
    origin="la ciudad de salida",
    destination="la ciudad de destino",
    departure="el día de salida",
    length="el día de la vuelta o el número de noches",
    day="el día",
    nights_each="el número de noches en {city}",
    clash="Esto no concuerda: {one} y {other}. ¿Cuál es correcto?",
    end_before_start="La vuelta el {end} no sería después de la salida el {start}. ¿Qué días son los correctos?",
    no_such_day="El día {day} no existe. ¿Qué día quiere decir?",
    unknown_city="No tengo ofertas para {cities}. ¿Qué otra ciudad le iría bien, por ejemplo {near}?",
    out_of_calendar="El {day} no se puede reservar; tengo ofertas del {first} al {last}. ¿Qué días le van bien?",
    too_many="Puedo reservar para {most} viajeros como máximo, no para {count}. ¿Para cuántos reservo?",
    too_long="Una estancia puede durar {most} noches como máximo, no {count}. ¿Cuánto tiempo quiere quedarse?",
    too_many_cities="Un circuito puede tener {most} ciudades como máximo, no {count}. ¿Cuáles elige?",
    names_and_number="Nombra a {names}, pero habla de {count} viajeros. ¿Quién viaja?",
    unclear_money="Respeto un presupuesto en {currency} para todo el viaje; ¿cuánto son {amount}?",
    what_change="¿Qué cambio: los días, el hotel, el destino o los viajeros?",
    which_hotel="¿Qué hotel prefiere en su lugar: cuántas estrellas debe tener?",
    nothing_booked="No hay ninguna reserva que pueda {verb}. ¿A qué viaje se refiere?",
    to_change="cambiar",
    to_cancel="cancelar",
    not_this="Puedo reservar viajes, cambiarlos o cancelarlos, y decir el tiempo. ¿Qué hago de eso?",
    no_way="No puedo hacer un plan de esto ({why}). ¿Puede decirlo de otra manera?",
    ends={
        "completed": "Todo está arreglado.",
        "degraded": "Lo esencial está reservado, pero no todo.",
        "needs_input": "Todavía no hay nada reservado.",
        "escalated": "No he podido terminarlo; una compañera se ocupa de ello.",
        "refused": "No puedo hacer eso. Reservo, cambio y cancelo viajes, y digo el tiempo.",
        "budget_exhausted": "Esto exigía más esfuerzo del permitido para una petición; lo he dejado.",
        "deadline": "Esto ha tardado demasiado; lo he dejado.",
        "failed": "Lo siento, no ha sido posible.",
    },
    total="Total: {amount}.",
    missing="Falta: {parts}.",
    weather="Tiempo: {lines}.",
    reference="reserva {booking}",
)

_ITALIAN = Sayings(
    and_="e",
    need="Per organizzarlo mi serve ancora {what}.",
    origin="la città di partenza",
    destination="la città di destinazione",
    departure="il giorno della partenza",
    length="il giorno del ritorno o il numero di notti",
    day="il giorno",
    nights_each="il numero di notti a {city}",
    clash="Questo non va insieme: {one} e {other}. Quale è giusto?",
    end_before_start="Il ritorno il {end} non sarebbe dopo la partenza il {start}. Quali giorni sono giusti?",
    no_such_day="Il giorno {day} non esiste. Quale giorno intende?",
    unknown_city="Non ho offerte per {cities}. Quale altra città andrebbe bene, per esempio {near}?",
    out_of_calendar="Il {day} non si può prenotare; ho offerte dal {first} al {last}. Quali giorni vanno bene?",
    too_many="Posso prenotare per {most} viaggiatori al massimo, non per {count}. Per quanti prenoto?",
    too_long="Un soggiorno può durare {most} notti al massimo, non {count}. Quanto vuole restare?",
    too_many_cities="Un giro può avere {most} città al massimo, non {count}. Quali sceglie?",
    names_and_number="Nomina {names}, ma parla di {count} viaggiatori. Chi viaggia?",
    unclear_money="Rispetto un budget in {currency} per tutto il viaggio; quanto sono {amount}?",
    what_change="Che cosa cambio: i giorni, l'hotel, la destinazione o i viaggiatori?",
    which_hotel="Quale hotel preferisce invece: quante stelle deve avere?",
    nothing_booked="Non c'è nessuna prenotazione che io possa {verb}. Quale viaggio intende?",
    to_change="cambiare",
    to_cancel="annullare",
    not_this="Posso prenotare viaggi, cambiarli o annullarli, e dire il tempo. Che cosa faccio di questo?",
    no_way="Non posso farne un piano ({why}). Può dirlo in un altro modo?",
    ends={
        "completed": "È tutto organizzato.",
        "degraded": "L'essenziale è prenotato, ma non tutto.",
        "needs_input": "Non è ancora prenotato nulla.",
        "escalated": "Non ho potuto concludere; una collega se ne occupa.",
        "refused": "Questo non posso farlo. Prenoto, cambio e annullo viaggi, e dico il tempo.",
        "budget_exhausted": "Richiedeva più lavoro di quanto posso dedicare a una richiesta; mi sono fermato.",
        "deadline": "È durato troppo; mi sono fermato.",
        "failed": "Mi dispiace, non è stato possibile.",
    },
    total="Totale: {amount}.",
    missing="Manca: {parts}.",
    weather="Meteo: {lines}.",
    reference="prenotazione {booking}",
)

SAYINGS = {"en": _ENGLISH, "de": _GERMAN, "fr": _FRENCH, "es": _SPANISH, "it": _ITALIAN}


def sayings(language: str) -> Sayings:
    """In this language; in English if it is not spoken here."""
    return SAYINGS.get(language, _ENGLISH)
