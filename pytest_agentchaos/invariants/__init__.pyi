# Written by scripts/stubs.py from the registry: do not edit by hand.

from pytest_agentchaos.invariants.at_most import at_most as at_most
from pytest_agentchaos.invariants.backs_off import backs_off as backs_off
from pytest_agentchaos.invariants.breaker_opens import breaker_opens as breaker_opens
from pytest_agentchaos.invariants.complete_trace import complete_trace as complete_trace
from pytest_agentchaos.invariants.correlated import correlated as correlated
from pytest_agentchaos.invariants.deadline_respected import deadline_respected as deadline_respected
from pytest_agentchaos.invariants.degrades_gracefully import degrades_gracefully as degrades_gracefully
from pytest_agentchaos.invariants.escalates_after import escalates_after as escalates_after
from pytest_agentchaos.invariants.no_deadlock import no_deadlock as no_deadlock
from pytest_agentchaos.invariants.no_duplicate_effect import no_duplicate_effect as no_duplicate_effect
from pytest_agentchaos.invariants.no_orphan import no_orphan as no_orphan
from pytest_agentchaos.invariants.no_oversell import no_oversell as no_oversell
from pytest_agentchaos.invariants.no_phantom import no_phantom as no_phantom
from pytest_agentchaos.invariants.no_progress_loop import no_progress_loop as no_progress_loop
from pytest_agentchaos.invariants.no_secret_leaked import no_secret_leaked as no_secret_leaked
from pytest_agentchaos.invariants.no_unknown_tool import no_unknown_tool as no_unknown_tool
from pytest_agentchaos.invariants.obeys_policy import obeys_policy as obeys_policy
from pytest_agentchaos.invariants.poisoned_content_ignored import poisoned_content_ignored as poisoned_content_ignored
from pytest_agentchaos.invariants.recovers_within import recovers_within as recovers_within
from pytest_agentchaos.invariants.respects_retry_after import respects_retry_after as respects_retry_after
from pytest_agentchaos.invariants.terminates import terminates as terminates
from pytest_agentchaos.invariants.undone_if_failed import undone_if_failed as undone_if_failed
from pytest_agentchaos.invariants.valid_messages import valid_messages as valid_messages
from pytest_agentchaos.invariants.world_agrees import world_agrees as world_agrees

def __dir__() -> list[str]: ...
