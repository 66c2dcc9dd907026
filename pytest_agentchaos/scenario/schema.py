"""The JSON Schema of scenario files, for editors: made from the shape, the faults and the invariants that there are."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any

from pytest_agentchaos.evidence.call import KINDS
from pytest_agentchaos.evidence.figures.metrics import METRICS
from pytest_agentchaos.faults.base import Fault
from pytest_agentchaos.faults.registry import registered as faults
from pytest_agentchaos.questions import conditions, invariants
from pytest_agentchaos.scenario.rules import WORDS
from pytest_agentchaos.scenario.shape import Shape
from pytest_agentchaos.schedule import DOES, Selector

_VARIABLE = {"type": "string", "pattern": r"^\$\{\w+\}$"}
_OWN = {"type": "string", "pattern": "^[^:]+:[^:]+$", "description": "one of your own: module:name"}
_GLOB = {"type": "string", "minLength": 1}


def schema(*, shipped: bool = False) -> dict[str, Any]:
    """As JSON; with ``shipped``, only what comes with this package, whatever else is installed."""

    def known(registered: dict[str, Any]) -> dict[str, Any]:
        return {name: one for name, one in registered.items() if not shipped or _is_ours(one)}

    told = Shape.model_json_schema()
    definitions = told.setdefault("$defs", {})
    properties = told["properties"]
    definitions["on"] = _selector()
    entries = {f"fault-{name}": _fault(one) for name, one in known(faults()).items()}
    definitions |= {key: value for entry in entries.values() for key, value in entry.pop("$defs", {}).items()}
    definitions |= entries
    properties["faults"] |= {"items": _one_of_faults(entries)}
    properties["invariants"] |= {"items": _named(known(invariants()))}
    properties["sometimes"] |= {"items": _named(known(conditions()))}
    for name in ("trials", "seed", "system", "expect", "if_unfired"):
        properties[name] = _variable(properties[name])
    definitions |= {key: _plain(value) for key, value in definitions.items()}
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **told}


def _is_ours(one: Any) -> bool:
    return bool(one.__module__.startswith("pytest_agentchaos."))


def _fault(fault: type[Fault]) -> dict[str, Any]:
    told = fault.model_json_schema()
    parameters = {name: _variable(one) for name, one in told.get("properties", {}).items()}
    about = _first(fault)
    return {
        "type": "object",
        "description": about,
        "properties": {
            "fault": {"const": fault.name, "description": about},
            **parameters,
            "on": {"$ref": "#/$defs/on"},
        },
        "required": ["fault", *told.get("required", [])],
        "additionalProperties": False,
        **({"$defs": told["$defs"]} if "$defs" in told else {}),
    }


def _one_of_faults(entries: dict[str, dict[str, Any]]) -> dict[str, Any]:
    """By the name first, so that an editor offers names, and then the parameters of the one that was chosen."""
    names = [entry["properties"]["fault"]["const"] for entry in entries.values()]
    return {
        "type": "object",
        "properties": {"fault": _variable({"enum": names})},
        "required": ["fault"],
        "allOf": [
            {
                "if": {
                    "type": "object",
                    "properties": {"fault": {"const": entry["properties"]["fault"]["const"]}},
                    "required": ["fault"],
                },
                "then": {"$ref": f"#/$defs/{name}"},
            }
            for name, entry in entries.items()
        ],
    }


def _selector() -> dict[str, Any]:
    words: dict[str, Any] = {kind: {**_GLOB, "description": f"{kind} calls, by a glob on the name"} for kind in KINDS}
    words["agent"]["description"] = "calls to another agent; beside another word: calls that this agent makes"
    for word, does in DOES.items():
        told = "calls that change the world" if does else "calls of tools that change nothing"
        words[word] = {**_GLOB, "description": f"{told}, by a glob on the name"}
    words["any"] = {"const": True, "description": "every call"}
    words["edge"] = {
        "type": "object",
        "properties": {"caller": _GLOB, "callee": _GLOB},
        "additionalProperties": False,
        "description": "calls from an agent to a target or name",
    }
    fields = {name: _variable(one) for name, one in Selector.model_json_schema()["properties"].items()}
    return {
        "type": "object",
        "description": f"which calls: one of {', '.join(WORDS)}; then which of them",
        "properties": {**fields, **words},
        "additionalProperties": False,
    }


def _named(known: dict[str, Callable[..., Any]]) -> dict[str, Any]:
    """``name`` or ``{name: parameters}``."""
    names = [{"const": name, "description": _first(one)} for name, one in known.items()]
    with_parameters = {
        "type": "object",
        "minProperties": 1,
        "maxProperties": 1,
        "properties": {name: {"description": _first(one), **_parameters(one)} for name, one in known.items()},
        "patternProperties": {_OWN["pattern"]: True},
        "additionalProperties": False,
    }
    return {"anyOf": [*names, _OWN, with_parameters]}


def _parameters(make: Callable[..., Any]) -> dict[str, Any]:
    told: dict[str, Any] = {}
    for one in inspect.signature(make).parameters.values():
        if one.kind is one.VAR_POSITIONAL:
            return {"type": "array"}
        told[one.name] = {"enum": [*METRICS]} if one.name == "metric" else True
    by_name = {"type": "object", "properties": told, "additionalProperties": False}
    return {"anyOf": [by_name, {"type": ["array", "string", "number"]}]}


def _variable(one: dict[str, Any]) -> dict[str, Any]:
    """Also a variable of the matrix in its place; what is said about it stays outside, where editors look."""
    about: dict[str, Any] = {key: one[key] for key in ("description", "default", "title") if key in one}
    rest = {key: value for key, value in one.items() if key not in about}
    about.pop("title", None)
    return {**about, "anyOf": [*rest.pop("anyOf", [rest] if rest else [{}]), _VARIABLE]}


def _plain(one: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in one.items() if key != "title"}


def _first(one: Any) -> str:
    return (inspect.getdoc(one) or "").split("\n\n")[0].replace("\n", " ").replace("``", "")
