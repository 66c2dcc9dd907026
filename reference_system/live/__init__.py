"""The travel system in real time: seven processes and PostgreSQL, with wires between them that faults act on.

    agentchaos run delivery/lost-ack --live        takes TravelSystem.live(), which gives what is here

A stack of processes costs seconds, and a trial wants a fresh system. So the processes are kept (``kept``), and what a
trial could leave behind is taken away before the next: the records, and the one process that remembers, the service.
"""

from reference_system.live.kept import kept, let_go
from reference_system.live.system import LiveTravelSystem

__all__ = ["LiveTravelSystem", "kept", "let_go"]
