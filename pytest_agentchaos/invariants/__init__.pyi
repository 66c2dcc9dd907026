# Written by scripts/stubs.py from the registry: do not edit by hand.

from pytest_agentchaos.invariants.at_most import at_most as at_most
from pytest_agentchaos.invariants.terminates import terminates as terminates

def __dir__() -> list[str]: ...
