"""``python -m reference_system.service --http PORT`` or ``--fd N``: the service as a process of its own.

Where everything else is, the environment says (``reference_system/settings.py``).
"""

from __future__ import annotations

import argparse
import asyncio
import sys
from collections.abc import Sequence

from reference_system.errors import TravelError
from reference_system.hardening import SWITCHES, Hardening
from reference_system.service.serving import inherited, listen, serve
from reference_system.settings import Settings


def main(arguments: Sequence[str] | None = None) -> int:
    """Serve until told to end; then finish what is under way, within limits."""
    chosen = _parser().parse_args(arguments)
    listening = listen(chosen.http) if chosen.fd is None else inherited(chosen.fd)
    host, port = listening.getsockname()[:2]
    print(f"service: http://{host}:{port}", flush=True)  # noqa: T201 - the parent may wait for it
    try:
        asyncio.run(serve(Settings.from_environment(), Hardening().without(*chosen.hardening_off), listening))
    except TravelError as error:
        print(f"service: {error}", file=sys.stderr)  # noqa: T201 - a command speaks
        return 2
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m reference_system.service", description=__doc__)
    where = parser.add_mutually_exclusive_group(required=True)
    where.add_argument("--http", type=int, metavar="PORT", help="listen on this port of 127.0.0.1; 0: any free one")
    where.add_argument("--fd", type=int, metavar="N", help="take over this listening socket of the parent process")
    parser.add_argument(
        "--hardening-off", action="append", default=[], choices=SWITCHES, metavar="SWITCH", help="remove a safeguard"
    )
    return parser


if __name__ == "__main__":
    sys.exit(main())
