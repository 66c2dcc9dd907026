"""``python -m reference_system.model --http PORT`` or ``--fd N``: the embedded model as a process of its own.

OPENAI_API_KEY, if it is set, is the key that callers have to show.
"""

from __future__ import annotations

import argparse
import os
import socket
import sys

from reference_system.model.endpoint import ModelEndpoint
from reference_system.model.serving import serve


def main(arguments: list[str] | None = None) -> int:
    """Serve until told to end."""
    parser = argparse.ArgumentParser(prog="python -m reference_system.model", description=__doc__)
    where = parser.add_mutually_exclusive_group(required=True)
    where.add_argument("--http", type=int, metavar="PORT", help="listen on this port of 127.0.0.1 (0: a free one)")
    where.add_argument("--fd", type=int, metavar="N", help="a socket that the parent process has bound and listens on")
    chosen = parser.parse_args(arguments)
    with _listening(chosen.http, chosen.fd) as listening:
        host, port = listening.getsockname()[:2]
        print(f"model: http://{host}:{port}/v1", flush=True)  # noqa: T201 - this is a command
        serve(ModelEndpoint(api_key=os.environ.get("OPENAI_API_KEY")), listening)
    return 0


def _listening(port: int | None, fd: int | None) -> socket.socket:
    if fd is not None:
        return socket.socket(fileno=fd)
    return socket.create_server(("127.0.0.1", port or 0))


if __name__ == "__main__":
    sys.exit(main())
