"""Kinds of stand-ins: for each SDK that an agent may be built with, how it is found and what it needs."""

from __future__ import annotations

from dataclasses import dataclass
from importlib import metadata
from typing import Final

from pytest_agentchaos.beginning.project import Project
from pytest_agentchaos.errors import UnknownNameError, UsageError, nearest


@dataclass(frozen=True, slots=True)
class Kind:
    """One."""

    name: str
    about: str
    """What it is in the style of."""
    distributions: tuple[str, ...] = ()
    """A project that names one of them uses it."""
    imports: tuple[str, ...] = ()
    """So does one that imports one of them, or something inside of it."""
    needs: tuple[tuple[str, int], ...] = ()
    """Distributions that its stand-in needs, and from which major version."""

    @property
    def missing(self) -> tuple[str, ...]:
        """What is not installed here, or is too old."""
        return tuple(name for name, major in self.needs if _major(name) < major)


FUNCTIONS: Final = Kind("functions", "plain functions")

KINDS: Final[dict[str, Kind]] = {
    kind.name: kind
    for kind in (
        Kind(
            "openai-agents",
            "the OpenAI Agents SDK",
            ("openai-agents",),
            ("agents.Agent", "agents.Runner", "agents.function_tool"),
            (("openai-agents", 0), ("openai", 1)),
        ),
        Kind(
            "langgraph",
            "LangGraph, with a model of langchain-openai",
            ("langgraph",),
            ("langgraph",),
            (("langgraph", 1), ("langchain-openai", 1)),
        ),
        Kind(
            "pydantic-ai",
            "Pydantic AI",
            ("pydantic-ai", "pydantic-ai-slim"),
            ("pydantic_ai",),
            (("pydantic-ai-slim", 1), ("openai", 1)),
        ),
        Kind("anthropic", "anthropic's own client", ("anthropic",), ("anthropic",), (("anthropic", 0),)),
        Kind("openai", "openai's own client", ("openai",), ("openai",), (("openai", 2),)),
        Kind("mcp", "the MCP SDK: tools without a model", ("mcp",), ("mcp",), (("mcp", 2),)),
        FUNCTIONS,
    )
}
"""The first that a project imports counts, else the first that it names: frameworks before the clients under them."""


@dataclass(frozen=True, slots=True)
class Choice:
    """The kind for a project, and why."""

    kind: Kind
    why: str
    """One sentence, without its full stop."""
    used: tuple[tuple[str, str], ...]
    """Every kind that the project uses, and where that stands."""


def choose(project: Project, asked: str | None = None) -> Choice:
    """The stand-in that is nearest to what the project uses and can be run here."""
    used = tuple((kind, where) for kind in KINDS.values() if (where := _used(kind, project)))
    told = tuple((kind.name, where) for kind, where in used)
    if asked is not None:
        return Choice(_asked(asked), "it was asked for", told)
    ranked = sorted(used, key=lambda one: ":" not in one[1])  # what is imported before what is only named
    for kind, where in ranked:
        if not kind.missing:
            return Choice(kind, f"the project uses {kind.name} ({where})", told)
    if ranked:
        kind, where = ranked[0]
        lacks = " and ".join(kind.missing)
        why = f"the project uses {kind.name} ({where}), and the stand-in for that needs {lacks}, which is not here"
        return Choice(FUNCTIONS, why, told)
    return Choice(FUNCTIONS, "no SDK for agents was found in the project", told)


def _asked(name: str) -> Kind:
    if name not in KINDS:
        msg = f"there is no stand-in for {name!r}; {nearest(name, KINDS)}"
        raise UnknownNameError(msg)
    if lacks := KINDS[name].missing:
        msg = f"the stand-in for {name} needs {' and '.join(lacks)}, which is not installed here; install it first"
        raise UsageError(msg)
    return KINDS[name]


def _used(kind: Kind, project: Project) -> str:
    """Where the project says that it uses it; empty if it does not."""
    for asked in kind.imports:
        for module, where in project.imports.items():
            if module == asked or module.startswith(f"{asked}."):
                return where
    return next((project.declared[name] for name in kind.distributions if name in project.declared), "")


def _major(name: str) -> int:
    """Of the version that is installed here; below all others if there is none."""
    try:
        first = metadata.version(name).partition(".")[0]
    except metadata.PackageNotFoundError:
        return -1
    return int(first) if first.isdecimal() else 0
