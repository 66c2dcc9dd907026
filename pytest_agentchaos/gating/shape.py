"""The shape of a policy file: its keys and what may stand there. The JSON Schema for editors is made from it."""

from __future__ import annotations

import re
from datetime import date, timedelta
from functools import cached_property
from typing import Annotated, Any, Final, Literal

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    StrictBool,
    StrictInt,
    StrictStr,
    WithJsonSchema,
)

from pytest_agentchaos.errors import nearest
from pytest_agentchaos.gating.metrics import METRICS, Metric

LIMITS: Final = ("min", "max", "min_lower_bound", "max_upper_bound", "max_ratio_upper", "test")
PAIRED_BY: Final = ("journey", "schedule", "seed")

_UNITS_S: Final = {"m": 60, "h": 3_600, "d": 86_400, "w": 604_800}


def _metric(name: str) -> str:
    if name not in METRICS:
        msg = f"there is no such metric; {nearest(name, METRICS)}"
        raise ValueError(msg)
    return name


def _age(text: str) -> str:
    if re.fullmatch(r"\d{1,6}[mhdw]", text) is None:
        msg = "write a number and m, h, d or w: 24h"
        raise ValueError(msg)
    return text


def _date(text: Any) -> Any:
    if isinstance(text, date):
        return text
    try:
        return date.fromisoformat(text)
    except (TypeError, ValueError):
        msg = "write the last day on which it counts: 2027-01-31"
        raise ValueError(msg) from None


def _listed(value: Any) -> Any:
    return [value] if isinstance(value, str) else value


def _pairing(names: tuple[str, ...]) -> tuple[str, ...]:
    if names and set(names) != set(PAIRED_BY):
        msg = "trials are paired by [journey, schedule, seed], or not at all: []"
        raise ValueError(msg)
    return names


Text = Annotated[StrictStr, Field(min_length=1)]
Number = Annotated[float, Field(strict=True, allow_inf_nan=False)]
Share = Annotated[float, Field(strict=True, ge=0, le=1)]
Several = Annotated[
    tuple[Text, ...],
    BeforeValidator(_listed),
    WithJsonSchema({"anyOf": [{"type": "string"}, {"type": "array", "items": {"type": "string"}}]}),
]
_FROZEN = ConfigDict(frozen=True, extra="forbid")


class Where(BaseModel):
    """The trials that a rule looks at: globs, all of which match."""

    model_config = _FROZEN

    journey: Text | None = Field(None, description="glob on the journey")
    fault: Text | None = Field(None, description="glob on the name of a fault")
    scenario: Text | None = Field(None, description="glob on the scenario, or the file of the test")

    @property
    def is_empty(self) -> bool:
        """Whether it selects every trial."""
        return self.journey is None and self.fault is None and self.scenario is None


class Rule(BaseModel):
    """One thing that must hold, and what it weighs."""

    model_config = _FROZEN

    id: Annotated[StrictStr, Field(pattern=r"^[\w.-]{1,60}$")] = Field(description="its name, in reports and waivers")
    why: StrictStr = Field("", description="a sentence for whoever reads the decision")
    metric: Annotated[StrictStr, AfterValidator(_metric), WithJsonSchema({"enum": list(METRICS)})] = Field(
        description="what is measured"
    )
    k: Annotated[StrictInt, Field(ge=1, le=1_000)] | None = Field(None, description="of pass_hat_k and pass_at_k")
    invariant: Several = Field((), description="of violations: globs on the invariants that count; unless given, all")
    by: Literal["none", "journey", "fault", "scenario"] = Field("none", description="judge each of them on its own")
    where: Where = Field(default_factory=lambda: Where.model_validate({}), description="only these trials")
    on: Literal["successes", "all"] = Field("successes", description="of figures: of which trials")
    min: Number | None = Field(None, description="the least, as observed")
    max: Number | None = Field(None, description="the most, as observed")
    min_lower_bound: Number | None = Field(None, description="the least, with confidence")
    max_upper_bound: Number | None = Field(None, description="the most, with confidence")
    max_ratio_upper: Number | None = Field(None, description="the most of what the baseline has, with confidence")
    test: Literal["non_inferiority"] | None = Field(None, description="a rate against the baseline's")
    margin: Number | None = Field(None, description="how much worse is allowed: 0.05 is five points")
    role: Literal["veto", "required", "watch"] = Field(
        "required", description="veto: its failure decides over all else; watch: it is told, and decides nothing"
    )
    waivable: StrictBool | None = Field(None, description="whether a waiver may lift it; a veto only if true")

    @property
    def measured(self) -> Metric:
        """The metric."""
        return METRICS[self.metric]

    @cached_property
    def limit_key(self) -> str:
        """Which kind of limit it has."""
        return next(key for key in LIMITS if getattr(self, key) is not None)

    @cached_property
    def limit(self) -> float:
        """The value that its bound must clear."""
        if self.test is not None:
            return -(self.margin or 0.0)
        return float(getattr(self, self.limit_key))

    @property
    def at_least(self) -> bool:
        """Whether the bound must be above the limit."""
        return self.limit_key in {"min", "min_lower_bound", "test"}

    @property
    def compares(self) -> bool:
        """Whether it needs a baseline."""
        return self.limit_key in {"max_ratio_upper", "test"}

    @property
    def decides(self) -> bool:
        """Whether the decision depends on it."""
        return self.role != "watch"

    @property
    def can_be_waived(self) -> bool:
        """A veto only if it says so."""
        return self.role != "veto" if self.waivable is None else self.waivable


class Compare(BaseModel):
    """What makes a baseline one."""

    model_config = _FROZEN

    pair_by: Annotated[tuple[StrictStr, ...], AfterValidator(_pairing)] = Field(
        PAIRED_BY, description="[journey, schedule, seed], or [] for runs that cannot be paired"
    )
    min_paired: Share = Field(0.9, description="least share of the candidate's trials that find their pair")
    require_same: tuple[Literal["suite_hash", "prices", "versions"], ...] = Field(
        ("suite_hash", "prices"), description="what must be the same on both sides"
    )


class Evidence(BaseModel):
    """What results must be to decide anything."""

    model_config = _FROZEN

    min_runs_per_cell: Annotated[StrictInt, Field(ge=1)] = Field(1, description="with fewer, nothing passes")
    max_infra_rate: Share = Field(0.05, description="largest share of runs that were no proper trials, as observed")
    require_fault_fired: StrictBool = Field(default=True, description="each case must have acted in some trial")
    require_asked: StrictBool = Field(
        default=True, description="of a rule about invariants, some trial was asked by one of them"
    )
    max_age: Annotated[StrictStr, AfterValidator(_age)] | None = Field(
        None, description="of the candidate's results: 24h, 7d"
    )

    @property
    def age(self) -> timedelta | None:
        """How old they may be."""
        return None if self.max_age is None else timedelta(seconds=int(self.max_age[:-1]) * _UNITS_S[self.max_age[-1]])


class Stats(BaseModel):
    """How sure is sure."""

    model_config = _FROZEN

    alpha: Annotated[float, Field(strict=True, gt=0, lt=0.5)] = Field(
        0.05, description="chance of a wrong promotion, and of a wrong rollback"
    )
    interval: Literal["clopper_pearson", "wilson"] = Field(
        "clopper_pearson", description="bounds of a rate, at one look"
    )
    multiplicity: Literal["holm", "none"] = Field("holm", description="what keeps many rules from crying wolf")
    sequential: Literal["none", "evalue"] = Field(
        "none", description="evalue: the promise holds over any number of looks at growing results"
    )


class Waiver(BaseModel):
    """A rule that may fail for once, until a day, because somebody answers for it."""

    model_config = _FROZEN

    rule: Text = Field(description="the id of the rule")
    match: Text | None = Field(None, description="one part of it: journey=GLOB, as the rule's by: says; else all of it")
    expires: Annotated[date, BeforeValidator(_date)] = Field(description="the last day, UTC")
    reason: Text = Field(description="why")
    owner: Text = Field(description="who answers for it")


class Shape(BaseModel):
    """What results must show so that a release may ship."""

    model_config = ConfigDict(frozen=True, extra="forbid", title="agentchaos policy")

    version: Literal[1] = Field(description="of this format")
    name: Text | None = Field(None, description="unless given, the name of the file")
    summary: StrictStr = Field("", description="what it is for, in a sentence")
    compare: Compare = Field(
        default_factory=lambda: Compare.model_validate({}), description="what makes a baseline one"
    )
    evidence: Evidence = Field(
        default_factory=lambda: Evidence.model_validate({}), description="what results must be to decide anything"
    )
    stats: Stats = Field(default_factory=lambda: Stats.model_validate({}), description="how sure is sure")
    rules: Annotated[tuple[Rule, ...], Field(min_length=1)] = Field(description="what must hold")
    waivers: tuple[Waiver, ...] = Field((), description="rules that may fail for once")
