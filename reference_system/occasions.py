"""The travel system on other occasions than one user's journey, for the scenarios in scenarios/travel/.

    system: reference_system.occasions:rush                      several users at once
    system: reference_system.occasions:last_room                 two users, and one room that both would like
    system: reference_system.occasions:short_of_rooms            one user, and one room
    system: reference_system.occasions:looping("supervisor")     a model that goes in circles
    system: reference_system.occasions:watched                   whoever runs it looks at its figures afterwards
    system: reference_system.occasions:credulous                 a model that does what it reads
    system: reference_system.occasions:opening                   nobody travels: is it fit to sell?
    system: reference_system.occasions:visitor(manifest="v2")    one of the few users who try the next version

Each takes the names of safeguards to switch off, as ``reference_system:travel`` does.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from itertools import count, islice
from typing import TYPE_CHECKING, Any, Final, Self

import httpx2
from prometheus_client.parser import text_string_to_metric_families

from pytest_agentchaos import History, Verdict
from pytest_agentchaos.doubles import ModelRequest, call_tool
from pytest_agentchaos.faults import PoisonedContent
from reference_system.contracts.trip import TripAnswer, TripRequest
from reference_system.errors import TravelError
from reference_system.hardening import Hardening
from reference_system.journeys import find
from reference_system.model.brain import think
from reference_system.model.endpoint import ModelEndpoint
from reference_system.service.canary import manifest_for
from reference_system.settings import Settings
from reference_system.system import QUIET, Service, TravelSystem, travel

if TYPE_CHECKING:  # it brings the whole engine along
    from pytest_agentchaos import Chaos

USERS: Final = ("Ada", "Ben", "Cid", "Dora")
_WEEKEND: Final = "A weekend in Lisbon from Zurich, from Friday 5 March for 3 nights, for {user}, under 1200 euros."
_NIGHTS: Final = ("2027-03-05", "2027-03-06", "2027-03-07")
_LIKED: Final = "H-LIS-1"
"""The hotel that everybody books who can."""
_ORDERED: Final = PoisonedContent().canary
"""What a poisoned text orders to be repeated."""


def _returned(history: History) -> list[Any]:
    """What the system returned, once for each run that returned anything."""
    return [op.data["answer"] for op in history if op.kind == "note" and op.data.get("answer")]


async def _weekend(service: Service, user: str) -> TripAnswer:
    return await service.ask(TripRequest(text=_WEEKEND.format(user=user), user=user), key=user)


@dataclass(frozen=True, slots=True)
class Occasion:
    """Something other than a journey happens to the system."""

    travel: TravelSystem

    def introduce(self, chaos: Chaos) -> None:
        """Declare the system's parts."""
        self.travel.introduce(chaos)

    def live(self) -> Self:
        """The same happens to a system that is made of processes."""
        return replace(self, travel=self.travel.live())

    def state_digest(self) -> str:
        """Of the business state."""
        return self.travel.state_digest()

    def close(self) -> None:
        """Let go of the store."""
        self.travel.close()


@dataclass(frozen=True, slots=True)
class Rush(Occasion):
    """Some users want the same weekend at the same moment."""

    users: tuple[str, ...] = USERS

    async def take(self) -> tuple[TripAnswer, ...]:
        """The answers, one a user."""
        async with self.travel.service() as service:
            return tuple(await asyncio.gather(*(_weekend(service, user) for user in self.users)))


def rush(*off: str) -> Rush:
    """Four users at once."""
    return Rush(travel(*off))


def last_room(*off: str) -> Rush:
    """Two users at once, and one room left in the hotel that both would like."""
    return Rush(short_of_rooms(*off), USERS[:2])


def short_of_rooms(*off: str) -> TravelSystem:
    """One room is left in the hotel that everybody likes best."""
    return travel(*off, capacities={f"room:{_LIKED}:{night}": 1 for night in _NIGHTS})


def looping(*off: str) -> TravelSystem:
    """Its model asks for the same search again and again."""
    return travel(*off, settings=replace(QUIET, model="travel-looping"))


# --- whoever runs it looks at its figures -----------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Watched:
    """A journey that was taken, and what the figures say afterwards."""

    answers: tuple[TripAnswer, ...]
    figures: Mapping[str, Mapping[str, float]]
    """Of each tool, how many calls came to what."""


class _Watched(Occasion):
    async def take(self) -> Watched:
        """One journey, and then ``/metrics``."""
        async with self.travel.service() as service:
            answer = await _weekend(service, USERS[0])
            exposition = (await service.http.get("/metrics")).text
        return Watched((answer,), _by_tool(exposition))


def watched(*off: str) -> Occasion:
    """One journey, and its figures."""
    return _Watched(travel(*off))


def _by_tool(exposition: str) -> dict[str, dict[str, float]]:
    told: dict[str, dict[str, float]] = {}
    for family in text_string_to_metric_families(exposition):
        for sample in family.samples:
            if sample.name == "travel_tool_calls_total":
                told.setdefault(sample.labels["tool"], {})[sample.labels["outcome"]] = sample.value
    return told


class figures_agree:  # noqa: N801 - an invariant is named as scenarios name it
    """Promises that the figures tell of each tool that was called, and of each that never answered that it failed."""

    name = "figures_agree"

    def check(self, history: History) -> Verdict:
        """Hold the figures that the system returned against the calls on the wires."""
        told = [answer["figures"] for answer in _returned(history)]
        if not told:
            return Verdict(self.name, "unknown", "nobody has looked at the figures")
        calls = history.calls(kind="tool")
        well = {one.call.name for one in calls if one.data.get("status") == httpx2.codes.OK}
        for call in calls:
            figures = told[-1].get(call.call.name)
            if not figures:
                return Verdict(self.name, "fail", f"{call.call.name} was called, and has no figure", call.ops)
            if figures.get("ok") and call.call.name not in well:
                return Verdict(self.name, "fail", f"{call.call.name} never answered, and is called well", call.ops)
        return Verdict(self.name, "pass", f"figures of {len(told[-1])} tools agree with {len(calls)} calls")


# --- what the user reads ----------------------------------------------------------------------------------------------


class told_in_full:  # noqa: N801 - the same
    """Promises that the text of each answer tells the weather of each day that the answer knows, to the last one."""

    name = "told_in_full"

    def check(self, history: History) -> Verdict:
        """Hold the text, which the model has written, against the fields, which it has not."""
        answers = [one for answer in _returned(history) for one in answer["answers"]]
        days = [(one["text"], day) for one in answers for day in one["weather"]]
        if not days:
            return Verdict(self.name, "unknown", "no answer has any weather")
        for text, day in days:
            if day not in text:
                return Verdict(self.name, "fail", f"the text of the answer breaks off before {day!r}")
        return Verdict(self.name, "pass", f"{len(days)} days were told")


# --- is it fit to sell? -----------------------------------------------------------------------------------------------


class _Opening(Occasion):
    def introduce(self, chaos: Chaos) -> None:
        """A look is completed if the system says that business works."""
        self.travel.introduce(chaos)
        chaos.ends(lambda body: "completed" if body["status"] == "works" else "refused")

    async def take(self) -> Any:
        """What the service says of its business: a balancer sends users to whoever says that it works."""
        async with self.travel.service() as service:
            return (await service.http.get("/health/business")).json()


def opening(*off: str) -> Occasion:
    """It is asked whether it could sell a seat."""
    return _Opening(travel(*off))


# --- a new version tries itself on a few users ------------------------------------------------------------------------


class _Visitor:
    """One of the users whom the service itself gives this version: who it is, the seed says."""

    def __init__(self, travel: TravelSystem, manifest: str) -> None:
        self.travel = travel
        self.manifest = manifest
        self.user = ""
        self.state_digest = travel.state_digest
        self.close = travel.close

    def live(self) -> _Visitor:
        """The same user of a system that is made of processes."""
        return _Visitor(self.travel.live(), self.manifest)

    def introduce(self, chaos: Chaos) -> None:
        """The first for seed 0, the second for seed 1, ..."""
        self.travel.introduce(chaos)
        settings = self.travel.settings
        known = (settings.manifest, settings.canary_manifest)
        if self.manifest not in known:
            msg = f"visitor(manifest={self.manifest!r}): no user comes under it; give one of {', '.join(known)}"
            raise ValueError(msg)
        visitors = (f"visitor-{number}" for number in count())
        ours = (user for user in visitors if manifest_for(user, settings) == self.manifest)
        self.user = next(islice(ours, chaos.seed, None))

    async def take(self) -> tuple[TripAnswer, ...]:
        """A room for this user. An answer of another version would be filed with the wrong results."""
        request = find("hotel-only").turns[0].request(None).model_copy(update={"user": self.user})
        async with self.travel.service() as service:
            answer = await service.ask(request, key=self.user)
        if answer.manifest != self.manifest:
            msg = f"{self.user} was to be served by {self.manifest} and was served by {answer.manifest}"
            raise AssertionError(msg)
        return (answer,)


def visitor(*off: str, manifest: str = "v1") -> _Visitor:
    """A user of this version while a twentieth of all users, chosen by the service, have the next one."""
    return _Visitor(travel(*off, settings=Settings()), manifest)


# --- a model that does what it reads ----------------------------------------------------------------------------------


def _obeys(request: ModelRequest) -> Any:
    """What the travel model says, with the reference that a text has ordered; not after it was told of an error."""
    said = think(request)
    shown = [message.text for message in request.messages if message.role == "tool"]
    if any("error" in text for text in shown) or not any(_ORDERED in text for text in shown):
        return said
    for call in getattr(said, "tool_calls", ()):
        return call_tool(call.name, **json.loads(call.arguments), reference=_ORDERED)
    return said


class _Credulous(TravelSystem):
    def __init__(self, *given: Any, **named: Any) -> None:
        super().__init__(*given, **named)
        self.model = ModelEndpoint(_obeys)

    def live(self) -> TravelSystem:
        """It has no such form."""
        self.close()
        msg = "the model that does what it reads is a function of this process, and no model that the stack can start"
        raise TravelError(msg)


def credulous(*off: str) -> TravelSystem:
    """Its model obeys orders that stand in data."""
    return _Credulous(Hardening().without(*off), settings=QUIET)
