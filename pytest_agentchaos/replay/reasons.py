"""Reasons: what is otherwise than when a trial was recorded, and may be why it went another way."""

from __future__ import annotations

import os
import platform
import sys
from collections.abc import Iterator, Mapping
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any, Final

from pytest_agentchaos.evidence.compact import VERSION
from pytest_agentchaos.evidence.telling import listed, shown
from pytest_agentchaos.plan import Plan
from pytest_agentchaos.replay.saved import Saved

_FILES: Final = 5


def reasons(saved: Saved, plan: Plan) -> tuple[str, ...]:
    """Each as one sentence, the likeliest first."""
    return (*_sources(saved, plan), *_versions(saved.head), *_plan(saved, plan))


def _sources(saved: Saved, plan: Plan) -> Iterator[str]:
    """Files of the system that were written after the results."""
    if saved.file is None:
        return
    recorded_s = saved.file.stat().st_mtime
    changed = sorted(_shown(path) for path in _files(plan) if path.stat().st_mtime > recorded_s)
    if changed:
        files = listed(changed[:_FILES], len(changed), _FILES)
        yield f"the system's source is newer than the results: {files}"


def _files(plan: Plan) -> Iterator[Path]:
    """Of the package that the system stands in, as far as it was imported."""
    package = plan.system.text.partition(":")[0].partition(".")[0]
    for name, module in list(sys.modules.items()):
        if name.partition(".")[0] == package and (file := getattr(module, "__file__", None)):
            path = Path(file)
            if path.is_file():
                yield path


def _shown(path: Path) -> str:
    return str(path.relative_to(Path.cwd()) if path.is_relative_to(Path.cwd()) else path)


def _versions(head: Mapping[str, Any]) -> Iterator[str]:
    if (then := head.get("version")) and then != VERSION:
        yield f"it was recorded with pytest-agentchaos {shown(then)}; this is {VERSION}"
    now = f"{platform.python_implementation()} {platform.python_version()}"
    if (then := head.get("python")) and then != now:
        yield f"it was recorded with {shown(then)}; this is {now}"
    packages = head.get("packages")
    for name, then in sorted(packages.items()) if isinstance(packages, Mapping) else ():
        if then != (is_now := _installed(name)):
            yield f"{shown(name)} was {shown(then)} and is {is_now}"
    then, is_now = head.get("hash_seed"), os.environ.get("PYTHONHASHSEED", "")
    if then is not None and then != is_now:
        yield f"PYTHONHASHSEED was {shown(then) or 'not set'} and is {is_now or 'not set'}"


def _installed(name: str) -> str:
    try:
        return version(name)
    except (PackageNotFoundError, ValueError):
        return "not installed"


def _plan(saved: Saved, plan: Plan) -> Iterator[str]:
    """A plan that does not read as it was written: what is usual has changed, or somebody has changed the line."""
    if saved.result is not None and saved.result.trial and plan.id != saved.result.trial:
        told = plan.to_data()
        names = [name for name in {**told, **saved.plan} if told.get(name) != saved.plan.get(name)]
        where = f": {', '.join(map(shown, names))}" if names else ""
        yield f"the plan is another than the line's own name says{where}"
