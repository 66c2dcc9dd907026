"""Writing: a plan as the scenario file that makes it again."""

from __future__ import annotations

from typing import Any, ClassVar

import yaml

from pytest_agentchaos.document import by_yaml_1_2
from pytest_agentchaos.evidence.call import KINDS
from pytest_agentchaos.faults.registry import fault_to_data
from pytest_agentchaos.plan import Plan
from pytest_agentchaos.schedule import DOES, Selector


def written(plan: Plan, *, name: str = "", summary: str = "") -> str:
    """The text of a scenario file with this plan as its only trial."""
    told: dict[str, Any] = {"version": 1}
    told |= {key: value for key, value in (("name", name or plan.scenario), ("summary", summary)) if value}
    data = plan.to_data()
    told["system"] = data["system"]
    if plan.journey is not None:
        told["journeys"] = [plan.journey]
    told["faults"] = [_entry(fault_to_data(one.fault), one.selector) for one in plan.schedule]
    told |= {key: data[key] for key in ("invariants", "sometimes", "effects", "if_unfired") if key in data}
    if plan.expect:
        told["expect"] = {"outcome": list(plan.expect)}
    if plan.seed:
        told["seed"] = plan.seed
    text: str = yaml.dump(_escaped(told), Dumper=_Dumper, sort_keys=False, width=120, default_flow_style=None)
    return text


def _entry(fault: dict[str, Any], selector: Selector) -> dict[str, Any]:
    return {**fault, "on": selector_to_words(selector)}


def selector_to_words(selector: Selector) -> dict[str, Any]:
    """A selector as ``on:`` writes it: ``{tool: "book_*", nth: 1}``."""
    fields = selector.model_dump(mode="json", exclude_defaults=True)
    kind, writes = fields.get("kind"), fields.get("writes")
    if kind in KINDS:
        name = fields.pop("name", "*")
        return {fields.pop("kind"): name, **fields}
    if kind is None and writes is not None:
        name = fields.pop("name", "*")
        return {next(word for word, does in DOES.items() if does is fields["writes"]): name} | _without(
            fields, "writes"
        )
    if "site" in fields:
        return {"site": fields.pop("site"), **fields}
    if kind is None and fields.keys() & {"agent", "callee"}:
        ends = {"caller": fields.pop("agent", None), "callee": fields.pop("callee", None)}
        return {"edge": {key: glob for key, glob in ends.items() if glob is not None}, **fields}
    return fields if kind is not None else {"any": True, **fields}


def _without(fields: dict[str, Any], key: str) -> dict[str, Any]:
    return {name: value for name, value in fields.items() if name != key}


def _escaped(value: Any) -> Any:
    """A ``${`` of the plan is no variable of the file."""
    if isinstance(value, dict):
        return {key: _escaped(one) for key, one in value.items()}
    if isinstance(value, (list, tuple)):
        return [_escaped(one) for one in value]
    return value.replace("${", "$${") if isinstance(value, str) else value


class _Dumper(yaml.SafeDumper):
    """Without anchors, which people do not read, and with quotes where our reader needs them."""

    yaml_implicit_resolvers: ClassVar[dict[Any, Any]] = {}  # type: ignore[misc]  # the stubs take it for one of each

    def ignore_aliases(self, data: Any) -> bool:
        del data
        return True


by_yaml_1_2(_Dumper)
