"""``python -m reference_system.contracts``: freeze a manifest, check all of them, compare two."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence

from reference_system.contracts.compatibility import compare, with_tools_of_the_code
from reference_system.contracts.freeze import freeze
from reference_system.contracts.manifest import Manifest, ManifestError, load, stored, versions

CODE = "code"
"""In place of a version: the old one's files with the tools of the running code."""


def main(arguments: Sequence[str] | None = None) -> int:
    """0: fine. 1: a change breaks callers, or a manifest is not right."""
    options = _parser().parse_args(arguments)
    try:
        match options.command:
            case "freeze":
                return _freeze(options.version)
            case "compare":
                return _compare(options.old, options.new)
            case _:
                return _check()
    except ManifestError as wrong:
        print(f"error: {wrong}", file=sys.stderr)  # noqa: T201 - a command's output
        return 1


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m reference_system.contracts", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("check", help="load every manifest: all that they name is what it was")
    freezing = commands.add_parser("freeze", help="write a manifest's hashes and tools anew")
    freezing.add_argument("version")
    comparing = commands.add_parser("compare", help="what changes between two manifests; exit 1 if it breaks callers")
    comparing.add_argument("old")
    comparing.add_argument("new", help=f"a version, or {CODE!r}: the old one with the tools of this code")
    return parser


def _freeze(version: str) -> int:
    changed = freeze(version)
    for name in changed:
        print(f"{version}: {name} is frozen as it is now")  # noqa: T201 - a command's output
    if not changed:
        print(f"{version}: nothing has changed")  # noqa: T201 - a command's output
    return 0


def _check() -> int:
    for version in versions():
        print(f"{version}: {load(version).hash}")  # noqa: T201 - a command's output
    return 0


def _compare(old: str, new: str) -> int:
    before = stored(old)
    changes = compare(before, _newer(before, new))
    for change in changes:
        print(change)  # noqa: T201 - a command's output
    if not changes:
        print(f"{old} and {new} are the same")  # noqa: T201 - a command's output
    return int(any(change.breaking for change in changes))


def _newer(old: Manifest, new: str) -> Manifest:
    return with_tools_of_the_code(old) if new == CODE else stored(new)


if __name__ == "__main__":
    sys.exit(main())
