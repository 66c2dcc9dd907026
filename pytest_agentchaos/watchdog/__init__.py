"""The watchdog: whatever becomes of this process, what it has started is ended and what it broke is healed.

No ``finally`` runs after ``kill -9``, and none in a process that a debugger has stopped. So a small process of its own
(:mod:`.guard`) is told what there is to clear away, and hears once a second that this one is alive. When it hears
nothing any more, it clears away, and says so if this process comes back.
"""

from pytest_agentchaos.watchdog.watchdog import SILENCE_S, Watchdog, current, lapses

__all__ = ["SILENCE_S", "Watchdog", "current", "lapses"]
