"""All proxies, by name, and what is asked of them: read, checked, done, or refused in the words of the real one."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

from pytest_agentchaos.wires.toxiproxy import go_json
from pytest_agentchaos.wires.toxiproxy.addresses import Address, listening, refuse_elsewhere
from pytest_agentchaos.wires.toxiproxy.dose import Dose, Way
from pytest_agentchaos.wires.toxiproxy.go_values import Decoder, boolean, fill, float32, kind, text, unfit, whole
from pytest_agentchaos.wires.toxiproxy.proxy import Proxy, Shared
from pytest_agentchaos.wires.toxiproxy.refusal import Refusal, missing
from pytest_agentchaos.wires.toxiproxy.toxics import KINDS
from pytest_agentchaos.wires.toxiproxy.toxics.base import Toxic

MOST_TOXICS: Final = 100
"""Of one proxy."""

_PROXY = "toxiproxy.Proxy"
_POPULATED = r'struct { toxiproxy.Proxy; Enabled *bool "json:\"enabled\"" }'


def _logger(value: Any, where: str) -> None:
    """A member that the real one reads by mistake; an object is as good as nothing."""
    if not isinstance(value, go_json.Members):
        raise unfit(what=kind(value), where=f"struct field {where} of type zerolog.Logger")


def _object_of(type_name: str) -> Decoder:
    def decode(value: Any, where: str) -> Any:
        if not isinstance(value, go_json.Members):
            raise unfit(what=kind(value), where=f"struct field {where} of type toxics.{type_name}")
        return value

    return decode


_PROXY_FIELDS: Final[dict[str, Decoder]] = {
    "name": text,
    "listen": text,
    "upstream": text,
    "enabled": boolean,
    "Logger": _logger,
}
_TOXIC_FIELDS: Final[dict[str, Decoder]] = {
    "attributes": _object_of("NoopToxic"),
    "name": text,
    "type": text,
    "stream": text,
    "toxicity": float32,
}


@dataclass(frozen=True, slots=True)
class _Wanted:
    """A proxy as somebody wants it."""

    name: str = ""
    listen: str = ""
    upstream: str = ""
    enabled: bool = True


class Proxies:
    """All of one server."""

    def __init__(self, shared: Shared) -> None:
        self._shared = shared
        self._by_name: dict[str, Proxy] = {}

    def __iter__(self) -> Iterator[Proxy]:
        """In the order of their names, as Go orders them."""
        return iter(sorted(self._by_name.values(), key=lambda proxy: proxy.name.encode()))

    def get(self, name: str) -> Proxy:
        """The one of that name."""
        try:
            return self._by_name[name]
        except KeyError:
            raise Refusal(404, "proxy not found") from None

    def create(self, body: bytes) -> Proxy:
        """A new one."""
        wanted = _wanted(go_json.read(body), _Wanted(), "Proxy", _PROXY)
        if not wanted.name:
            raise missing(field="name")
        if not wanted.upstream:
            raise missing(field="upstream")
        if wanted.name in self._by_name:
            raise Refusal(409, "proxy already exists")
        self._refuse_elsewhere(wanted)
        return self._put(wanted)

    def update(self, proxy: Proxy, body: bytes) -> None:
        """Another address, another upstream, on or off. A new address or upstream ends all connections."""
        now = _Wanted("", proxy.listen, proxy.upstream, proxy.enabled)
        wanted = _wanted(go_json.read(body), now, "Proxy", _PROXY)
        self._refuse_elsewhere(wanted)
        if _differs(proxy, wanted):
            proxy.stop()
            proxy.listen, proxy.upstream = wanted.listen, wanted.upstream
        if wanted.enabled and not proxy.enabled:
            proxy.start()
        elif not wanted.enabled:
            proxy.stop()

    def delete(self, name: str) -> None:
        """Its connections end."""
        proxy = self.get(name)
        proxy.stop()
        del self._by_name[name]

    def populate(self, body: bytes, made: list[Proxy]) -> None:
        """Many at once; those that are there stay as they are. ``made``: those that were, before a refusal too."""
        read = go_json.read(body)
        if read is None:
            return
        if not isinstance(read, list):
            raise unfit(what=kind(read), where=f"value of type []{_POPULATED}")
        all_wanted = _all_wanted(read)
        for number, wanted in enumerate(all_wanted, 1):
            if not wanted.name:
                raise missing(field=f"name at proxy {number}")
            if not wanted.upstream:
                raise missing(field=f"upstream at proxy {number}")
        for wanted in all_wanted:
            made.append(self._replaced(wanted))  # noqa: PERF401 - what was made before a failure is told

    def reset(self) -> None:
        """No toxics, and all enabled. All that can be healed is, before the first refusal is told."""
        first: Refusal | None = None
        for proxy in self:
            proxy.heal()
            try:
                proxy.start()
            except Refusal as refusal:
                first = first or refusal
        if first is not None:
            raise first

    async def stopped(self) -> None:
        """All are gone."""
        for proxy in [*self]:
            await proxy.stopped()
        self._by_name.clear()

    # toxics

    def create_toxic(self, proxy: Proxy, body: bytes) -> Dose:
        """A new one, at the end of its chain."""
        read = go_json.read(body)
        given: dict[str, Any] = {"name": "", "type": "", "stream": "downstream", "toxicity": 1.0}
        complaint = fill(read, _TOXIC_FIELDS, given, "ToxicWrapper", "toxics.ToxicWrapper")
        if complaint is not None:
            raise complaint
        try:
            way = Way(given["stream"].lower())
        except ValueError:
            raise Refusal(400, "stream was invalid, can be either upstream or downstream") from None
        toxic = KINDS.get(given["type"])
        if toxic is None:
            raise Refusal(400, "invalid toxic type")
        name = given["name"] or f"{given['type']}_{given['stream']}"
        if proxy.dose(name) is not None:
            raise Refusal(409, "toxic already exists")
        dose = Dose(name, toxic, given["stream"], way, given["toxicity"], dict.fromkeys(toxic.integers, 0))
        complaint = _fill_attributes(read, dose, {})
        if complaint is not None:
            raise complaint
        if sum(map(len, proxy.doses.values())) >= MOST_TOXICS:
            raise Refusal(400, f"this proxy has {MOST_TOXICS} toxics already: remove some of them first")
        proxy.add(dose)
        return dose

    def update_toxic(self, proxy: Proxy, name: str, body: bytes) -> Dose:
        """Other attributes, another toxicity. If one is wrong, those that are right are kept, as in the real one."""
        dose = self.toxic(proxy, name)
        given: dict[str, Any] = {"toxicity": dose.toxicity}
        complaint = _fill_attributes(go_json.read(body), dose, given)
        if complaint is not None:
            raise complaint
        dose.toxicity = given["toxicity"]
        proxy.change(dose)
        return dose

    def toxic(self, proxy: Proxy, name: str) -> Dose:
        """The one of that name."""
        dose = proxy.dose(name)
        if dose is None:
            raise Refusal(404, "toxic not found")
        return dose

    def _put(self, wanted: _Wanted) -> Proxy:
        proxy = Proxy(wanted.name, wanted.listen, wanted.upstream, self._shared)
        if wanted.enabled:
            proxy.start()
        self._by_name[proxy.name] = proxy
        return proxy

    def _replaced(self, wanted: _Wanted) -> Proxy:
        self._refuse_elsewhere(wanted)
        old = self._by_name.get(wanted.name)
        if old is not None:
            if not _differs(old, wanted):
                return old
            old.stop()
        return self._put(wanted)

    def _refuse_elsewhere(self, wanted: _Wanted) -> None:
        refuse_elsewhere(wanted.upstream, self._shared.allowed)
        if ":" in wanted.listen:  # what is no address will be told so
            refuse_elsewhere(wanted.listen, self._shared.allowed)


def _wanted(read: Any, defaults: _Wanted, struct_name: str, type_name: str) -> _Wanted:
    given: dict[str, Any] = {}
    complaint = fill(read, _PROXY_FIELDS, given, struct_name, type_name)
    if complaint is not None:
        raise complaint
    return _Wanted(
        given.get("name", defaults.name),
        given.get("listen", defaults.listen),
        given.get("upstream", defaults.upstream),
        given.get("enabled", defaults.enabled),
    )


def _all_wanted(read: list[Any]) -> list[_Wanted]:
    """Go reads the whole list before it tells the first complaint; that there is one is all that can be seen of it."""
    return [_wanted(one, _Wanted(), "", _POPULATED) for one in read]


def _differs(proxy: Proxy, wanted: _Wanted) -> bool:
    """Whether it has to begin anew. Addresses are compared as the system knows them: port 0 always differs."""
    return proxy.listen != _resolved(wanted.listen) or proxy.upstream != wanted.upstream


def _resolved(listen: str) -> str:
    if not listen:
        return ":0"
    address = listening(listen)
    return str(Address(address.host, address.port))


def _fill_attributes(read: Any, dose: Dose, given: dict[str, Any]) -> Refusal | None:
    """Go reads attributes in a second pass, when the type is known; an update has its toxicity read in it as well."""
    toxic = dose.kind
    fields: dict[str, Decoder] = {"attributes": _attributes_of(toxic, dose.attributes)}
    if "toxicity" in given:
        fields["toxicity"] = float32
    return fill(read, fields, given, "", "struct { Attributes interface {}; Toxicity float32 }")


def _attributes_of(toxic: Toxic, into: dict[str, int]) -> Decoder:
    integers = {name: whole(type_name) for name, type_name in toxic.integers.items()}

    def decode(value: Any, where: str) -> dict[str, int]:
        if not isinstance(value, go_json.Members):
            raise unfit(what=kind(value), where=f"struct field {where} of type toxics.{toxic.go_name}")
        complaint = fill(value, integers, into, f"{toxic.go_name}.attributes", "")
        if complaint is not None:
            raise complaint
        return into

    return decode
