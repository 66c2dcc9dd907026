from pytest_agentchaos.invariants.at_most import at_most as at_most
from pytest_agentchaos.invariants.terminates import terminates as terminates
