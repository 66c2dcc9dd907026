"""``python -m power``: what the suite finds of what is known to be wrong. 0: all of it, and no false alarm."""

from __future__ import annotations

import argparse
import json
import logging
import os
import sys
from collections.abc import Sequence
from functools import partial

from power.catalogue import catalogue
from power.document import DOCUMENT, document
from power.matrix import Asking, Work
from power.rows import rows
from power.table import table
from pytest_agentchaos.campaign import Campaign
from pytest_agentchaos.cli.waiting import Waiting

QUICK = Asking(seeds=2, variants=False, depth=0)


def main(arguments: Sequence[str]) -> int:
    """Make the matrix, and print it."""
    asked = _parser().parse_args(arguments)
    logging.lastResort = None  # systems in trouble have much to log
    waiting = Waiting(sys.stderr)
    chosen = [row for row in rows() if not asked.only or row.what in asked.only]
    if unknown := set(asked.only) - {row.what for row in chosen}:
        print(f"there is no bug and no safeguard {', '.join(sorted(unknown))}", file=sys.stderr)
        return 2
    try:
        shown = partial(waiting, "trials")
        with Campaign(asked.folder, workers=asked.workers, progress=shown, kind="power") as campaign:
            matrix = Work(campaign, catalogue(), QUICK if asked.quick else Asking()).matrix(chosen)
    finally:
        waiting.over()
    print(json.dumps(matrix.to_data(), indent=2) if asked.json else table(matrix))
    if asked.write:
        DOCUMENT.write_text(document(matrix), "utf-8")
    return 0 if matrix.ok else 1


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m power", description=__doc__)
    parser.add_argument("only", nargs="*", help="bugs and safeguards; all of them, unless told")
    parser.add_argument("--quick", action="store_true", help="two seeds, one variant of each scenario, no exploration")
    parser.add_argument("--json", action="store_true", help="as JSON")
    parser.add_argument("--write", action="store_true", help=f"write {DOCUMENT.name} as well")
    parser.add_argument("--folder", help="where trials are kept, so that the next run need not repeat them")
    parser.add_argument("-j", "--workers", type=int, default=os.cpu_count() or 1, help="so many processes")
    return parser


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
