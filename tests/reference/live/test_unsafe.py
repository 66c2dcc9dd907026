"""What a system without a safeguard does wrong, it does wrong in real time."""

from pytest_agentchaos import faults, on
from pytest_agentchaos.performance import perform
from pytest_agentchaos.plan import Plan
from pytest_agentchaos.schedule import rule
from pytest_agentchaos.system import System


def test_a_missing_safeguard_is_found_in_real_time_too():
    """Without keys, a lost answer books a second time; live and in virtual time say so alike."""
    lost = rule(faults.ErrorStatus(status=500, after=True), on.tool("reserve_table", nth=1))
    result = perform(Plan(System.of('reference_system:travel("idempotency")'), schedule=(lost,), mode="live")).result
    assert (result.status, result.differs) == ("fail", ())
    assert "table_reservation" in result.why
