"""A site: which answer a request gets. Argo asks at ``/gate``, Flagger at ``/flagger/TYPE``, people at ``/``."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from pytest_agentchaos.errors import nearest
from pytest_agentchaos.evidence.decision import Decision
from pytest_agentchaos.evidence.printable import printable
from pytest_agentchaos.serving import access, front
from pytest_agentchaos.serving.answer import Answer, document, text
from pytest_agentchaos.serving.gates import BusyError, Gate
from pytest_agentchaos.serving.reading import Asked
from pytest_agentchaos.serving.shelf import Shelf

ADVANCING: Final = (
    "confirm-rollout", "pre-rollout", "rollout", "confirm-traffic-increase", "confirm-promotion", "post-rollout",
)  # fmt: skip
"""Hooks of Flagger that go on when they are answered with success."""
ROLLBACK: Final = "rollback"
"""The one that goes back when it is answered with success."""
HALT: Final = 403
"""Neither forward nor back; a failure of the server would be asked again at once."""
_LINE: Final = 300
_ALSO: Final = ("exit_code", "reason", "runs_needed", "policy", "policy_sha256", "suite_sha256")


@dataclass(frozen=True, slots=True)
class Site:
    """All that can be asked for."""

    gates: Mapping[str, Gate]
    """By name; the first is asked where none is named."""
    shelf: Shelf | None = None
    token: str | None = None
    is_local: bool = True
    """Only this machine reaches it, so that it has to be called by a name of this machine."""

    def answer(self, asked: Asked) -> Answer:
        """To whoever may ask."""
        if self.is_local and asked.header("host") and not access.names_loopback(asked.header("host")):
            return text(421, "this server answers under localhost and 127.0.0.1 only")
        if self.token is not None and not self._admitted(asked):
            return text(401, "a token is needed: Authorization: Bearer ...", headers={"WWW-Authenticate": "Bearer"})
        first, _, rest = asked.path[1:].partition("/")
        route = self._routes().get(first)
        if route is None or (rest and first in {"", "healthz"}):
            return text(404, "there is nothing here; see / , /gate, /healthz")
        methods, act = route
        if asked.method not in methods:
            return text(405, f"only {' and '.join(methods)} here", headers={"Allow": ", ".join(methods)})
        if asked.query:
            return text(400, "a query means nothing here; a gate is named in the path: /gate/NAME")
        return act(asked, rest)

    def _routes(self) -> dict[str, tuple[tuple[str, ...], Callable[[Asked, str], Answer]]]:
        reading = ("GET", "HEAD")
        return {
            "": (reading, self._front),
            "healthz": (reading, lambda _, __: text(200, "ok")),
            "gate": ((*reading, "POST"), self._argo),
            "flagger": (("POST",), self._flagger),
            "reports": (reading, self._report),
        }

    def _admitted(self, asked: Asked) -> bool:
        """By the header; Flagger can send none, so that its hooks may bring the token in their metadata."""
        known = self.token or ""
        if access.bears(asked.header("authorization"), known):
            return True
        if asked.header("authorization") or not asked.path.startswith("/flagger/"):
            return False
        told = _object(asked.body)
        metadata = told.get("metadata") if told is not None else None
        brought = metadata.get("token") if isinstance(metadata, dict) else None
        return isinstance(brought, str) and access.same(brought, known)

    def _front(self, _: Asked, __: str) -> Answer:
        return front.page(list(self.gates), self.shelf.reports() if self.shelf is not None else None)

    def _report(self, _: Asked, rest: str) -> Answer:
        found = self.shelf.file(rest) if self.shelf is not None else None
        if found is None:
            return text(404, "there is no such file of a report here; / lists the reports")
        body, media_type = found
        return Answer(200, body, media_type, front.OF_REPORTS)

    def _argo(self, asked: Asked, rest: str) -> Answer:
        """Argo's web provider: whatever is decided is a success; only an answer that cannot be given is none."""
        named: Any = rest
        if asked.body:
            told = _object(asked.body)
            if told is None:
                return text(400, 'the body is no JSON object; send none, or {"gate": "NAME"}')
            named = rest or told.get("gate", "")
        return self._of_gate(named, _result)

    def _flagger(self, asked: Asked, hook: str) -> Answer:
        if hook not in {*ADVANCING, ROLLBACK}:
            return text(404, f"no such hook; {nearest(printable(hook), (*ADVANCING, ROLLBACK))}")
        told = _object(asked.body)
        metadata = (told.get("metadata") or {}) if told is not None else None
        if told is None or not isinstance(told.get("name"), str) or not isinstance(metadata, dict):
            return text(400, "this is no hook of Flagger: its body is a JSON object with name, namespace and phase")
        return self._of_gate(metadata.get("gate", ""), lambda decision: _hooked(decision, hook))

    def _of_gate(self, name: Any, told: Callable[[Decision], Answer]) -> Answer:
        known = list(self.gates)
        if not known:
            return text(404, "this server has no gate; start it with --results DIR")
        if not isinstance(name, str) or (name and name not in self.gates):
            return text(404, f"there is no gate {printable(str(name))!r}; {nearest(printable(str(name)), known)}")
        try:
            return told(self.gates[name or known[0]].decision())
        except BusyError:
            return text(503, "the decision is still being made; ask again", headers={"Retry-After": "10"})


def _result(decision: Decision) -> Answer:
    """Little under ``result``, since Argo keeps it with each measurement; all of it beside that."""
    data = decision.to_data()
    brief = {"decision": decision.decision, "ok": decision.ok} | {name: data[name] for name in _ALSO}
    brief["failing"] = [rule.id for rule in decision.rules if rule.status not in {"pass", "waived"}]
    return document({"result": brief, "decision": data}, note=decision.decision)


def _hooked(decision: Decision, hook: str) -> Answer:
    words = printable(f"{decision.decision}: {decision.reason}", _LINE)
    goes = decision.decision == ("rollback" if hook == ROLLBACK else "promote")
    if hook == ROLLBACK and not goes:
        words = f"no rollback: {words}"
    return text(200 if goes else HALT, words, note=decision.decision)


def _object(body: bytes) -> dict[str, Any] | None:
    try:
        told = json.loads(body)
    except (ValueError, RecursionError):
        return None
    return told if isinstance(told, dict) else None
