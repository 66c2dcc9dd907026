"""What holds for every fault that comes with the package."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import pytest

from pytest_agentchaos import faults
from pytest_agentchaos.errors import UnknownNameError, UsageError
from pytest_agentchaos.faults.poisoned_content import CANARY, TEXT
from pytest_agentchaos.faults.registry import fault_class, fault_from_data, fault_to_data, registered
from pytest_agentchaos.faults.steps import ENDS, Answer, Cut, Deliver, Drip, Insert, Return, Rewrite

PACKAGE = "pytest_agentchaos.faults."
SHIPPED = {name: fault for name, fault in registered().items() if fault.__module__.startswith(PACKAGE)}
NEEDED = {"partition": {"groups": {"all": ("main",), "others": ("*.*", "m-1", "python")}}}
FAMILIES = {
    "delivery": "latency drop_request drop_response duplicate reorder "
    "late_delivery hang reset refused partition bandwidth",
    "answer": "error_status rate_limited overloaded unavailable truncated malformed schema_drift empty partial stale "
    "wrong_entity corrupted_value poisoned_content tool_failure",
    "stream": "stream_cut stream_stall stream_drip slow_first_token stream_error_event",
    "model": "malformed_arguments unknown_tool wrong_types empty_output refusal "
    "incomplete content_filter repeated_call",
    "process": "crash pause",
}

DEFAULTS = {
    "latency": {"seconds": 5.0, "jitter_s": 0.0},
    "duplicate": {"order": "sequential", "copies": 2, "answer": None, "gap_s": 0.0},
    "reorder": {"calls": 1, "limit_s": 1.0},
    "late_delivery": {"seconds": 30.0, "torn_after_s": None},
    "hang": {"at": "start"},
    "reset": {"after": True},
    "partition": {"cut": "both", "start_s": 0.0, "end_s": None, "calls": None, "flap_s": None, "refuse": False},
    "bandwidth": {"bytes_per_s": 1024.0, "direction": "both", "piece_bytes": None},
    "error_status": {"status": 500, "message": None, "after": False},
    "rate_limited": {"retry_after_s": 1.0, "quota": False, "message": None},
    "overloaded": {"retry_after_s": None, "message": None},
    "unavailable": {"retry_after_s": None, "message": None},
    "truncated": {"keep_bytes": None, "then": "end", "fraction": None},
    "malformed": {"how": "any"},
    "schema_drift": {"change_to": "any", "field": None},
    "empty": {"whole": False, "field": None},
    "partial": {"fraction": 0.5, "field": None},
    "stale": {"age_s": 86_400, "field": None, "value": None},
    "wrong_entity": {"field": None},
    "corrupted_value": {"how": "any", "factor": 100.0, "field": None},
    "poisoned_content": {"text": TEXT, "canary": CANARY, "field": None},
    "tool_failure": {"message": "internal error: the tool failed", "after": False},
    "stream_cut": {"after_events": 3, "how": "end"},
    "stream_stall": {"after_events": 3},
    "stream_drip": {"interval_s": 1.0},
    "slow_first_token": {"seconds": 10.0},
    "stream_error_event": {
        "after_events": 3,
        "message": "The server had an error while processing your request.",
    },
    "malformed_arguments": {"tool": "*"},
    "unknown_tool": {"tool": "*", "new_name": None},
    "wrong_types": {"tool": "*", "field": None},
    "refusal": {"text": "I'm sorry, but I can't help with that request."},
    "incomplete": {"fraction": 0.5},
    "content_filter": {"on": "output"},
    "repeated_call": {"tool": "*", "copies": 2},
    "crash": {"of": "caller", "point": "before_reply", "down_s": 1.0},
    "pause": {"of": "caller", "seconds": 30.0},
}
EXTREMES = [
    ("latency", {"seconds": 0, "jitter_s": 0}),
    ("duplicate", {"copies": 2}),
    ("duplicate", {"copies": 100}),
    ("late_delivery", {"seconds": 0.1, "torn_after_s": 0}),
    ("reorder", {"calls": 1, "limit_s": 0.1}),
    ("bandwidth", {"bytes_per_s": 0.5, "piece_bytes": 1}),
    ("partition", {**NEEDED["partition"], "start_s": 0, "end_s": 0.5, "flap_s": (0.1, 0.1)}),
    ("partition", {**NEEDED["partition"], "calls": (1, 1)}),
    ("rate_limited", {"retry_after_s": 0}),
    ("overloaded", {"retry_after_s": 0}),
    ("unavailable", {"retry_after_s": 0}),
    ("truncated", {"fraction": 0}),
    ("partial", {"fraction": 0}),
    ("incomplete", {"fraction": 0}),
    ("stale", {"age_s": 1}),
    ("corrupted_value", {"factor": 0}),
    ("poisoned_content", {"text": "x", "canary": "y"}),
    ("stream_cut", {"after_events": 0}),
    ("stream_stall", {"after_events": 0}),
    ("stream_error_event", {"after_events": 0}),
    ("stream_drip", {"interval_s": 0.1}),
    ("slow_first_token", {"seconds": 0.1}),
    ("refusal", {"text": "x"}),
    ("unknown_tool", {"new_name": "x"}),
    ("repeated_call", {"copies": 2}),
    ("repeated_call", {"copies": 100}),
    ("crash", {"down_s": 0}),
    ("pause", {"seconds": 0.1}),
]
NEEDS_A_REPLY = (Cut, Drip, Insert, Return, Rewrite)

each_fault = pytest.mark.parametrize("fault", SHIPPED.values(), ids=list(SHIPPED))


def make(fault):
    """The fault with nothing told but what it needs."""
    return fault(**NEEDED.get(fault.name, {}))


def test_all_families_are_complete():
    """Nothing that was promised is missing; more is welcome."""
    promised = {name: family for family, names in FAMILIES.items() for name in names.split()}
    assert promised.items() <= {name: fault.family for name, fault in SHIPPED.items()}.items()


@each_fault
def test_one_fault_one_module_one_test_file(fault):
    """All are called alike."""
    assert fault.__module__ == PACKAGE + fault.name
    assert fault.__name__ == "".join(part.capitalize() for part in fault.name.split("_"))
    assert (Path(__file__).parent / f"test_{fault.name}.py").exists()


@each_fault
def test_it_says_what_it_stands_for(fault):
    """In a docstring of its own, which no parameter name contradicts."""
    assert re.fullmatch(r"[A-Z].+\.", (fault.__doc__ or "").strip(), re.DOTALL)
    assert all("timeout" not in name and "delay" not in name for name in fault.model_fields)


@each_fault
def test_it_survives_being_saved(fault):
    """A schedule keeps it as data; equal faults are one key."""
    one = make(fault)
    assert fault_from_data(fault_to_data(one)) == one
    assert len({one, fault_from_data(fault_to_data(one))}) == 1


@each_fault
def test_its_defaults_are_a_promise(fault):
    """A saved schedule leaves out what was not told, and must mean the same in the next release."""
    defaults = {name: field.default for name, field in fault.model_fields.items() if not field.is_required()}
    if fault.name in DEFAULTS or not defaults:
        assert defaults == DEFAULTS.get(fault.name, {})


@pytest.mark.parametrize(("name", "parameters"), EXTREMES)
def test_values_at_the_edge_are_accepted(name, parameters):
    """Zero is a number too, where it means something."""
    assert fault_class(name)(**parameters).model_fields_set == set(parameters)


@each_fault
def test_it_never_changes_after_it_was_made(fault):
    """A schedule can be shared between trials."""
    one = make(fault)
    for name in fault.model_fields:
        with pytest.raises(ValueError, match="frozen"):
            setattr(one, name, None)


@each_fault
def test_an_unknown_parameter_is_an_error(fault):
    """The message names the fault and the parameter."""
    with pytest.raises(UsageError, match=rf"faults\.{fault.__name__} has no parameter 'colour'"):
        fault(**NEEDED.get(fault.name, {}), colour="red")


@each_fault
def test_some_call_suits_it_and_its_program_comes_to_an_end(fault, http_call, model_call, tool_call, function_call):
    """No program leaves the caller without an answer, an error or silence."""
    situations = [http_call(), model_call(), model_call(stream=True), tool_call(), function_call()]
    suitable = [situation for situation in situations if make(fault).inapplicable(situation) is None]
    assert suitable
    for situation in suitable:
        program = make(fault).compile(situation)
        assert isinstance(program[-1], ENDS)
        assert not any(isinstance(step, ENDS) for step in program[:-1])
        needy = [index for index, step in enumerate(program) if isinstance(step, NEEDS_A_REPLY)]
        given = [index for index, step in enumerate(program) if isinstance(step, (Answer, Deliver))]
        assert not needy or given[0] < needy[0]


@each_fault
def test_a_raw_tcp_connection_gets_only_what_needs_no_reading(fault, http_call):
    """Faults of the delivery and of processes need not understand what they lose."""
    situation = http_call()
    raw = replace(situation, call=replace(situation.call, kind="tcp"))
    assert (make(fault).inapplicable(raw) is None) == (fault.family in {"delivery", "process"})


def test_names_lead_to_faults():
    """And a name that does not exist to the nearest that does."""
    assert faults.DropResponse is fault_class("drop_response")
    assert set(dir(faults)) >= {fault.__name__ for fault in SHIPPED.values()}
    with pytest.raises(UnknownNameError, match="did you mean 'DropResponse'"):
        getattr(faults, "DropRespons")  # noqa: B009 - type checkers know that it is not there
    with pytest.raises(UnknownNameError, match="did you mean 'drop_response'"):
        fault_class("drop_respons")
