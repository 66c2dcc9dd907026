"""Which faults an exploration tries."""

from __future__ import annotations

import pytest

from pytest_agentchaos import faults
from pytest_agentchaos.errors import UnknownNameError, UsageError
from pytest_agentchaos.explore.menu import label, menu
from pytest_agentchaos.faults.registry import registered


def test_unless_told_it_is_every_fault_that_needs_nothing():
    """Each once; those of processes once for each way in which they can strike."""
    names = [fault.name for fault in menu()]
    needy = {
        name for name, make in registered().items() if any(one.is_required() for one in make.model_fields.values())
    }
    assert set(names) == set(registered()) - needy
    assert needy == {"partition"}
    assert {name for name in names if names.count(name) > 1} == {"crash", "pause"}
    assert names.count("crash") == 6
    assert {(fault.of, fault.point) for fault in menu(["crash"])} == {
        (of, point) for of in ("caller", "callee") for point in ("before_send", "before_reply", "after_reply")
    }


def test_it_is_asked_for_by_fault_name_or_family():
    """In the order that was given, nothing twice."""
    latency = faults.Latency(seconds=9.0)
    assert menu([latency, "hang", "hang"]) == (latency, faults.Hang())
    assert {fault.family for fault in menu(["stream"])} == {"stream"}
    assert menu("hang") == (faults.Hang(),)
    assert menu(latency) == (latency,)


def test_a_fault_has_a_label_for_tables():
    """Its name and what was given."""
    assert label(faults.Hang()) == "hang"
    assert label(faults.Latency(seconds=9.0)) == "latency(seconds=9.0)"


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        (["delivry"], "no fault and no family 'delivry'; did you mean 'delivery'"),
        (["partition"], r"'partition' needs groups; give faults.Partition\(...\) in Python"),
        ([], "there is nothing to try"),
        ([7], "7 is no fault"),
    ],
)
def test_what_is_no_fault_is_refused(asked, said):
    """With what would be one."""
    with pytest.raises(UsageError, match=said) as raised:
        menu(asked)
    assert isinstance(raised.value, UnknownNameError) == (asked == ["delivry"])
