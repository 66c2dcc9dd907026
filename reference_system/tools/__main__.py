"""One tool server as a process: ``python -m reference_system.tools flights --http 8801``."""

from __future__ import annotations

import argparse
import signal
import sys
from collections.abc import Sequence
from contextlib import closing
from typing import NoReturn

from reference_system.contracts.tools import DOMAINS
from reference_system.errors import StoreError
from reference_system.hardening import SWITCHES, Hardening
from reference_system.settings import Settings
from reference_system.store import open_store
from reference_system.telemetry.logs import log_to
from reference_system.telemetry.redaction import Redactor
from reference_system.tools.observation import logged
from reference_system.tools.serve import inherited, listen, serve_http, serve_stdio
from reference_system.tools.server import build_server


def main(arguments: Sequence[str] | None = None) -> int:
    """Serve one domain until told to stop."""
    chosen = _parser().parse_args(arguments)
    hardening = Hardening().without(*chosen.hardening_off)
    settings = Settings.from_environment()
    log_to(
        process=f"tools.{chosen.domain}",
        redactor=Redactor(enabled=hardening.redaction),
        correlation=hardening.correlation,
    )
    if hardening.tracing:
        from reference_system.telemetry.export import provider_from_environment

        provider_from_environment(f"tools.{chosen.domain}", correlation=hardening.correlation)
    try:
        store = open_store(settings.store_url, capacity_constraint=hardening.capacity_constraint)
    except StoreError as error:
        print(f"{chosen.domain}: {error} (TRAVEL_STORE_URL)", file=sys.stderr)  # noqa: T201 - a command speaks
        return 2
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, _leave)
    with closing(store):
        server = build_server(chosen.domain, store, hardening, observe=logged)
        if chosen.stdio:
            serve_stdio(server)
            return 0
        listener = listen(chosen.http) if chosen.fd is None else inherited(chosen.fd)
        host, port = listener.getsockname()[:2]
        print(f"{chosen.domain}: http://{host}:{port}/mcp", flush=True)  # noqa: T201 - the parent may wait for it
        serve_http(server, listener)
    return 0


def _leave(_number: int, _frame: object) -> NoReturn:
    """Uvicorn ends its work on these signals and then sends itself the same one again: now the store can be closed."""
    sys.exit(0)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m reference_system.tools",
        description="One MCP server of the travel system. Its records are in the store at TRAVEL_STORE_URL.",
    )
    parser.add_argument("domain", choices=DOMAINS)
    where = parser.add_mutually_exclusive_group(required=True)
    where.add_argument("--http", type=int, metavar="PORT", help="listen on this port of 127.0.0.1; 0: any free one")
    where.add_argument("--fd", type=int, metavar="N", help="take over this listening socket of the parent process")
    where.add_argument("--stdio", action="store_true", help="talk over stdin and stdout")
    parser.add_argument(
        "--hardening-off", action="append", default=[], choices=SWITCHES, metavar="SWITCH", help="remove a safeguard"
    )
    return parser


if __name__ == "__main__":
    sys.exit(main())
