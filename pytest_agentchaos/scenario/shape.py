"""The shape of a scenario file: its keys and what may stand there. The JSON Schema for editors is made from it."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, StrictInt, StrictStr, WithJsonSchema

from pytest_agentchaos.errors import nearest
from pytest_agentchaos.evidence.run import ENDS


def _listed(value: Any) -> Any:
    return [] if value is None else value if isinstance(value, (list, tuple)) else [value]


def _word(word: str) -> str:
    if word not in (*ENDS, "any"):
        msg = f"a journey cannot end so; {nearest(word, (*ENDS, 'any'))}"
        raise ValueError(msg)
    return word


def _schema(one: dict[str, Any]) -> WithJsonSchema:
    """One of it, or a list."""
    return WithJsonSchema({"anyOf": [one, {"type": "array", "items": one}]})


Several = BeforeValidator(_listed)
_TEXT = {"type": "string"}
Ends = Annotated[StrictStr, AfterValidator(_word)]


class Expect(BaseModel):
    """How the journey may end."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    outcome: Annotated[tuple[Ends, ...], Several, _schema({"enum": [*ENDS, "any"]})] = Field(
        ("any",), description="one word or several: how the journey may end"
    )


class Shape(BaseModel):
    """A trouble that production may bring, as a file: faults on calls of a system, and what must hold all the same."""

    model_config = ConfigDict(frozen=True, extra="forbid", title="agentchaos scenario")

    version: Literal[1] = Field(description="of this format")
    name: StrictStr | None = Field(None, min_length=1, description="unless given, the name of the file")
    summary: StrictStr = Field("", description="what happens, in a sentence")
    incident: StrictStr = Field("", description="the trouble in production that it stands for")
    tags: Annotated[tuple[StrictStr, ...], Several, _schema(_TEXT)] = Field((), description="words for `pytest -k`")
    system: StrictStr | None = Field(
        None, min_length=1, description='module:factory, module:factory("argument"), or the name of an entry point'
    )
    journeys: Annotated[tuple[Any, ...], Several] = Field(
        (), description="what the system is asked to do, each on its own; unless given, the system's own first one"
    )
    mode: Literal["sim", "live"] = Field(
        "sim", description="sim: in virtual time; live: in real time, with the system's real processes"
    )
    include: Annotated[tuple[StrictStr, ...], Several, _schema(_TEXT)] = Field(
        (), description="files that this one builds on, relative to it; its own keys win, lists are appended"
    )
    faults: Annotated[tuple[Any, ...], Several] = Field((), description="what goes wrong, on which calls")
    invariants: Annotated[tuple[Any, ...], Several] = Field(
        (), description="what must hold; unless given, what can be asked of any system"
    )
    sometimes: Annotated[tuple[Any, ...], Several] = Field(
        (), description="what is to be true in some trial: names of pytest_agentchaos.reached"
    )
    expect: Expect = Field(Expect(outcome=("any",)), description="how the journey may end")
    effects: Annotated[tuple[Any, ...], Several] = Field(
        (), description="what tools do to the world, for a system that does not declare it"
    )
    trials: StrictInt | None = Field(None, ge=1, le=100_000, description="how many, each with a seed of its own")
    seed: StrictInt = Field(0, description="of the first trial; added to the seed of the session")
    matrix: dict[str, list[Any]] = Field(
        {}, description='variables and their values: "${seconds}" stands for each in turn'
    )
    if_unfired: Literal["invalid", "skip"] = Field(
        "invalid", description="when a fault never fired: the trial is invalid, or the system makes no such call"
    )
