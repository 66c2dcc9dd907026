"""Keeping: what a replay gave, in a folder like that of any campaign."""

from __future__ import annotations

import gzip
from dataclasses import replace
from pathlib import Path

from pytest_agentchaos.campaign.folder import Folder
from pytest_agentchaos.campaign.work import Done
from pytest_agentchaos.evidence.canonical import dump, encode
from pytest_agentchaos.evidence.result import Result
from pytest_agentchaos.evidence.results import HISTORIES
from pytest_agentchaos.replay.again import Replayed


def keep(again: Replayed, folder: Path | str) -> Result:
    """Write result and history down, whatever the verdict; the result says where its history is."""
    performance = again.performance
    result = replace(performance.result, history=f"{HISTORIES}/{performance.result.trial}.jsonl.gz")
    packed = gzip.compress(encode(performance.history.to_jsonl()), mtime=0)
    opened = Folder(Path(folder), "replay")
    opened.open()
    try:
        opened.keep(performance.plan, Done(dump(result.to_data()), packed))
    finally:
        opened.close()
    return result
