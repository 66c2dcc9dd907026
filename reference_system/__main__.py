"""``python -m reference_system``: the whole travel system on this machine; or one journey through it."""

from __future__ import annotations

import argparse
import asyncio
import os
import signal
import sys
from collections.abc import Sequence

from reference_system.hardening import SWITCHES, Hardening
from reference_system.stack import Stack, StackError
from reference_system.stack.journey import DEMO, show, travel

_FIRST_PORT = 8800
_PASSED_ON = ("OTEL_", "TRAVEL_CANARY_", "TRAVEL_MANIFEST", "TRAVEL_SHADOW_")
"""Beginnings of the names of variables that are meant for the processes."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Start the stack and wait, or start it, take one journey and end it."""
    chosen = _parser().parse_args(arguments)
    text = chosen.once or (DEMO if chosen.verb == "demo" else None)
    try:
        return asyncio.run(_run(_stack(chosen, once=text is not None), text))
    except StackError as error:
        _say(f"error: {error}")
        return 2


def _stack(chosen: argparse.Namespace, *, once: bool) -> Stack:
    default_port = 0 if once else _FIRST_PORT
    return Stack(
        store_url=chosen.store,
        hardening=Hardening().without(*chosen.hardening_off),
        model=chosen.model,
        model_url=os.environ.get("OPENAI_BASE_URL"),
        variables={name: value for name, value in os.environ.items() if name.startswith(_PASSED_ON)},
        first_port=default_port if chosen.port is None else chosen.port,
        say=_say,
    )


async def _run(stack: Stack, text: str | None) -> int:
    """Until its end, or until told to end."""
    loop = asyncio.get_running_loop()
    work = loop.create_task(_work(stack, text))
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, work.cancel)
    try:
        return await work
    except asyncio.CancelledError:
        return 0


async def _work(stack: Stack, text: str | None) -> int:
    async with stack:
        if text is not None:
            print(show(await travel(stack, text)))  # noqa: T201 - a command speaks
            return 0
        for name in stack.names:
            _say(f"{name:<12} {stack.url(name)}  (process {stack.pid(name)})")
        _say(f"{'store':<12} {stack.store_url}")
        _say("ready; end it with Ctrl-C")
        await stack.broken.wait()
        return 1


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m reference_system",
        description="The travel system as seven processes on loopback: the service, the model, five tool servers.",
        epilog="With OPENAI_BASE_URL (and OPENAI_API_KEY) set, that model is used, and none is started.",
    )
    parser.add_argument(
        "verb", nargs="?", choices=("up", "demo"), default="up", help="stay up (default), or show one trip"
    )
    parser.add_argument("--once", metavar="TEXT", help="show the trip that this asks for")
    parser.add_argument(
        "--store", metavar="URL", help="sqlite:///..., postgresql://..., or postgres: a server of its own"
    )
    parser.add_argument(
        "--port", type=int, metavar="BASE", help=f"the first of seven ports ({_FIRST_PORT}); 0: free ones"
    )
    parser.add_argument("--model", default="travel-steady", metavar="NAME", help="travel-steady, travel-sloppy, ...")
    parser.add_argument(
        "--hardening-off", action="append", default=[], choices=SWITCHES, metavar="SWITCH", help="remove a safeguard"
    )
    return parser


def _say(line: str) -> None:
    print(line, file=sys.stderr, flush=True)  # noqa: T201 - a command speaks


if __name__ == "__main__":
    sys.exit(main())
