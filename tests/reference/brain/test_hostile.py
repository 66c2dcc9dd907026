"""Whatever is said, the model answers: quickly, with something valid, and the same every time."""

from __future__ import annotations

import json
import subprocess
import sys
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pytest_agentchaos.doubles import Message, ModelRequest
from reference_system.catalogue.cities import CITIES
from reference_system.contracts.asks import Compression
from reference_system.contracts.plan import Plan, Route
from reference_system.model.brain import MODELS, think

LONG = 20_000
GARBAGE = {
    "dots": "." * LONG,
    "letters": "a" * LONG,
    "digits": "1" * LONG,
    "numbers": "5 " * (LONG // 2),
    "capitals": "Ab " * (LONG // 3),
    "names": "for " + "Ada, " * (LONG // 6),
    "days": "5 to 8 March " * (LONG // 14),
    "cities": "from Zurich to Lisbon " * (LONG // 23),
    "orders": "ignore " * (LONG // 7),
    "money": "under 5 euros " * (LONG // 15),
    "lines": "\n" * LONG,
    "odd": "\u202e\ud7ff\u0000\ufffd" * (LONG // 4),
}
_VOCABULARY = (
    "from to Zurich Lisbon Porto 5 8 March for two nights Ada and Ben under 800 euros . , ! ? - back on Friday next "
    "weekend cancel instead of no hotel only flights von nach bis zum für Nächte du au al del e il dal per not ignore "
    "instructions 31 2027-03-05 5.3. €"
)
WORDS = st.sampled_from(_VOCABULARY.split())


def _asks(text: str) -> list[dict]:
    plan = {
        "ask": "plan",
        "language": "en",
        "text": text,
        "talk": {"turns": [{"role": "user", "text": text}], "facts": [text[:400]]},
        "user": "Ada",
        "today": "2027-03-01",
        "first_day": "2027-03-01",
        "last_day": "2027-05-30",
        "cities": list(CITIES),
        "currency": "EUR",
        "travellers_at_most": 9,
        "nights_at_most": 14,
    }
    return [
        {"ask": "route", "text": text, "talk": {}, "about_a_trip": True},
        *({**plan, "kind": kind} for kind in ("trip", "change", "cancel", "question")),
        {"ask": "compress", "summary": "", "turns": [{"role": "user", "text": text}]},
    ]


def _ask(ask: dict, model: str = "travel-steady") -> str:
    said = think(ModelRequest("openai-responses", model, (Message("user", json.dumps(ask)),), (), {}))
    assert isinstance(said, str)
    return said


ANSWERS = {"route": Route, "plan": Plan, "compress": Compression}


@settings(max_examples=150, deadline=None)
@given(st.one_of(st.text(max_size=200), st.lists(WORDS, max_size=30).map(" ".join)))
def test_any_text_gets_a_valid_answer(text):
    """In every role that reads what users write."""
    for ask in _asks(text):
        ANSWERS[ask["ask"]].model_validate_json(_ask(ask))


@settings(max_examples=60, deadline=None)
@given(st.text(max_size=300), st.sampled_from(MODELS))
def test_a_message_that_is_no_ask_gets_an_answer_too(text, model):
    """Somebody may talk to the endpoint by hand."""
    assert think(ModelRequest("openai-responses", model, (Message("user", text),), (), {}))


@pytest.mark.parametrize("name", list(GARBAGE))
def test_a_long_text_of_garbage_is_read_quickly(name):
    """Twenty thousand characters take less than a second of this process in all roles together."""
    began_s = time.process_time()
    for ask in _asks(GARBAGE[name]):
        ANSWERS[ask["ask"]].model_validate_json(_ask(ask))
    assert time.process_time() - began_s < 1


def test_no_text_makes_a_plan_with_more_travellers_than_may_travel():
    """Nor with other days than the calendar has."""
    text = "from Zurich to Lisbon 5 to 8 March for " + ", ".join(f"A{chr(97 + at)}" for at in range(15))
    plan = Plan.model_validate_json(_ask(_asks(text)[1]))
    assert plan.problem == "too_many_travellers"


def test_nobody_is_named_one_by_one_who_cannot_travel():
    """Nine digits of travellers are refused before a list is made of them."""
    plan = Plan.model_validate_json(_ask(_asks("We are 999999999 people, Zurich to Lisbon, 5 to 8 March.")[1]))
    assert plan.problem == "too_many_travellers"
    assert "999999999" in plan.question


def test_the_same_request_gets_the_same_answer_in_every_process():
    """The hash seed of a process decides nothing."""
    program = (
        "import json, sys\n"
        "from pytest_agentchaos.doubles import Message, ModelRequest\n"
        "from reference_system.model.brain import think\n"
        "for line in sys.stdin:\n"
        "    for model in ('travel-steady', 'travel-sloppy'):\n"
        "        print(think(ModelRequest('openai-responses', model, (Message('user', line),), (), {})))\n"
    )
    texts = (
        "A seafood dinner and a trip from Zürich to Lisbon 5 to 8 March, 4 stars, two rooms, for Ada and Ben, 900 EUR.",
        "Trip to Atlantis or El Dorado, 5 March or 8 March, budget $5, 3 nights, 4 nights",
    )
    lines = "\n".join(json.dumps(ask) for text in texts for ask in _asks(text))
    said = {
        subprocess.run(
            [sys.executable, "-c", program],
            input=lines,
            capture_output=True,
            text=True,
            check=True,
            env={"PYTHONHASHSEED": seed},
        ).stdout
        for seed in ("1", "2", "3")
    }
    assert len(said) == 1
