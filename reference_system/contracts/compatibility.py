"""Whether a new version of the control plane breaks those who rely on the old one.

Arguments may accept more than before and results be less; the other way round somebody breaks who did nothing wrong.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from reference_system.contracts.artefacts import ToolPin, pinned
from reference_system.contracts.base import Contract
from reference_system.contracts.differences import differences
from reference_system.contracts.manifest import Manifest
from reference_system.contracts.tools import TOOLS


@dataclass(frozen=True, slots=True)
class Change:
    """One difference between two manifests, and what it means for those who rely on the old one."""

    subject: str
    """``tool book_hotel``, ``agent flights``, ``prompt summariser``, ``policy``, ``workflow``, ..."""
    path: str
    what: str
    breaks: str = ""
    """Whom, and why; empty: nobody."""

    @property
    def breaking(self) -> bool:
        """Whether it breaks anybody."""
        return bool(self.breaks)

    def __str__(self) -> str:
        place = f"{self.subject} {self.path}".rstrip()
        return f"BREAKS {place}: {self.what} ({self.breaks})" if self.breaking else f"fine   {place}: {self.what}"


def compare(old: Manifest, new: Manifest) -> tuple[Change, ...]:
    """Every change from old to new; those that break callers first."""
    changes = [*_tools(old, new), *_agents(old, new), *_limits(old, new), *_prompts(old, new), *_values(old, new)]
    return tuple(sorted(changes, key=lambda change: not change.breaking))


def with_tools_of_the_code(manifest: Manifest) -> Manifest:
    """The manifest as it would be if it was frozen now: to see what a change of the contracts does before taking it."""
    tools = {name: pinned(tool) for name, tool in TOOLS.items()}
    return replace(manifest, version=f"{manifest.version} with this code", tools=tools)


def _tools(old: Manifest, new: Manifest) -> Iterator[Change]:
    for name in sorted(old.tools.keys() | new.tools.keys()):
        subject = f"tool {name}"
        if name not in new.tools:
            yield Change(subject, "", "is gone", "agents that know it call into the void")
        elif name not in old.tools:
            yield Change(subject, "", "is new")
        else:
            yield from _tool(subject, old.tools[name], new.tools[name])


def _tool(subject: str, old: ToolPin, new: ToolPin) -> Iterator[Change]:
    for field, breaks in _PROMISES.items():
        before, after = getattr(old, field), getattr(new, field)
        if before != after:
            yield Change(subject, field, f"{before} -> {after}", "" if before is None else breaks)
    for difference in differences(old.arguments, new.arguments, "arguments"):
        breaks = "what callers send today may be refused, or mean something else" if difference.narrows else ""
        yield Change(subject, difference.path, difference.what, breaks)
    for difference in differences(old.result, new.result, "result"):
        breaks = "callers may be answered what they do not know, or miss what they rely on" if difference.widens else ""
        yield Change(subject, difference.path, difference.what, breaks)


_PROMISES = {
    "domain": "callers look for it at another server",
    "writes": "callers decide by it whether a call may be repeated without a key",
    "charges": "callers decide by it what a trip has spent",
    "undo": "what was done with it cannot be undone as callers know it",
}
"""What a tool is, besides its schemas; and who is broken if it becomes something else."""


def _agents(old: Manifest, new: Manifest) -> Iterator[Change]:
    before, after = old.policy.tools, new.policy.tools
    for agent in sorted(before.keys() | after.keys()):
        had, has = before.get(agent, ()), after.get(agent, ())
        for tool in (tool for tool in had if tool not in has):
            breaks = "its prompt and its plans rely on it"
            yield Change(f"agent {agent}", "", f"may call {tool} no more", breaks)
        for tool in (tool for tool in has if tool not in had):
            yield Change(f"agent {agent}", "", f"may call {tool} now")


def _limits(old: Manifest, new: Manifest) -> Iterator[Change]:
    """Of the policy: what users may ask for."""
    for field in ("spend_limit_minor", "travellers_at_most", "nights_at_most"):
        before, after = getattr(old.policy, field), getattr(new.policy, field)
        if before != after:
            breaks = "users are refused what they were granted" if after < before else ""
            yield Change("policy", field, f"{before} -> {after}", breaks)
    if old.policy.currency != new.policy.currency:
        what = f"{old.policy.currency} -> {new.policy.currency}"
        yield Change("policy", "currency", what, "every amount means something else")


def _prompts(old: Manifest, new: Manifest) -> Iterator[Change]:
    for name in sorted(old.prompts.keys() | new.prompts.keys()):
        if name not in new.prompts:
            breaks = "the role is left without instructions"
            yield Change(f"prompt {name}", "", "is gone", breaks)
        elif name not in old.prompts:
            yield Change(f"prompt {name}", "", "is new")
        elif old.prompts[name] != new.prompts[name]:
            yield Change(f"prompt {name}", "", "has other words")


def _values(old: Manifest, new: Manifest) -> Iterator[Change]:
    """Of workflow, error policy and price: how the system goes about it, which no caller relies on."""
    pairs: dict[str, tuple[Contract, Contract]] = {
        "workflow": (old.workflow, new.workflow),
        "errors": (old.errors, new.errors),
        "price": (old.price, new.price),
    }
    for subject, (before, after) in pairs.items():
        now = after.model_dump()
        for field, value in before.model_dump().items():
            if now[field] != value:
                yield Change(subject, field, f"{value} -> {now[field]}")
