"""The server as a process: ``python -m pytest_agentchaos.wires.toxiproxy -port 0``."""

from __future__ import annotations

import argparse
import asyncio
import logging
import os
import signal
import sys

from pytest_agentchaos.errors import AgentChaosError
from pytest_agentchaos.wires.toxiproxy.limits import raise_limit
from pytest_agentchaos.wires.toxiproxy.server import Server
from pytest_agentchaos.wires.toxiproxy.wakeful import wakeful_loop


def main(arguments: list[str] | None = None) -> int:
    """Serve until somebody ends it."""
    given = _parser().parse_args(arguments)
    logging.basicConfig(stream=sys.stderr, level=logging.INFO, format="toxiproxy: %(message)s")
    raise_limit()
    try:
        with asyncio.Runner(loop_factory=wakeful_loop) as runner:
            runner.run(_serve(given))
    except (AgentChaosError, OSError) as error:
        sys.stderr.write(f"toxiproxy: {error}\n")
        return 2
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m pytest_agentchaos.wires.toxiproxy", description="An embedded Toxiproxy."
    )
    parser.add_argument("-host", "--host", default="127.0.0.1", help="where the API listens (%(default)s)")
    parser.add_argument("-port", "--port", type=int, default=8474, help="its port; 0 takes a free one (%(default)s)")
    parser.add_argument(
        "--seed", type=int, default=0, help="what toxicity, jitter and slices are drawn from (%(default)s)"
    )
    parser.add_argument("--lifeline", type=int, metavar="FD", help="heal and end when this pipe ends")
    parser.add_argument(
        "--allow",
        action="append",
        default=[],
        metavar="HOST",
        help="a host that is not this machine and may be reached",
    )
    return parser


async def _serve(given: argparse.Namespace) -> None:
    over = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, over.set)
    async with Server(given.host, given.port, seed=given.seed, allow=tuple(given.allow)) as server:
        if given.lifeline is not None:
            os.set_blocking(given.lifeline, False)
            loop.add_reader(given.lifeline, _listen_for_the_end, given.lifeline, over)
        print(f"listening on {server.url}", flush=True)  # noqa: T201 - what whoever started it waits for
        await over.wait()
        server.heal()
    if given.lifeline is not None:
        loop.remove_reader(given.lifeline)


def _listen_for_the_end(lifeline: int, over: asyncio.Event) -> None:
    """Whoever holds the other end is gone as soon as there is nothing more to read."""
    try:
        if not os.read(lifeline, 1024):
            over.set()
    except BlockingIOError:
        return
    except OSError:
        over.set()


if __name__ == "__main__":
    raise SystemExit(main())
