"""Who waits for what, when nothing can go on any more."""

from __future__ import annotations

import asyncio
import gc
import linecache
import os
from types import FrameType
from typing import Any, Final

_SHOWN: Final = 20
_WAITS_FOR: Final = "agentchaos_waits_for"
_MACHINERY: Final = (os.path.dirname(asyncio.__file__) + os.sep, f"{os.sep}anyio{os.sep}")  # noqa: PTH120 - a prefix, not a path


def describe(tasks: list[asyncio.Task[Any]], now_s: float) -> str:
    """One line for each waiting task: its name and the innermost line that awaits."""
    count = f"{len(tasks)} task{'s wait' if len(tasks) != 1 else ' waits'}"
    lines = [f"nothing can wake the system: {count}, and no timer is set (at {now_s:g} virtual seconds)"]
    lines += [f"  - {task.get_name()!r} waits {_place(task)}" for task in tasks[:_SHOWN]]
    if len(tasks) > _SHOWN:
        lines.append(f"  - and {len(tasks) - _SHOWN} more")
    return "\n".join(lines)


def _place(task: asyncio.Task[Any]) -> str:
    frames = _await_chain(task.get_coro())
    if not frames:
        return "at an unknown place"
    places = [(frame.f_code, frame.f_lineno) for frame in frames]
    own = [place for place in places if not _is_machinery(place[0].co_filename)] or places
    code, line = own[-1]
    source = linecache.getline(code.co_filename, line).strip()
    text = f"at {code.co_filename}:{line} in {code.co_qualname}: {source or '(no source)'}"
    if own[-1] is not places[-1]:
        inner, inner_line = places[-1]
        text += f"  [{os.path.basename(inner.co_filename)}:{inner_line} in {inner.co_qualname}]"  # noqa: PTH119
    told = _told(frames)
    return f"{text} ({told})" if told else text


def _told(frames: list[FrameType]) -> str | None:
    """What the innermost frame that knows says it waits for, in its variable ``agentchaos_waits_for``."""
    return next((frame.f_locals[_WAITS_FOR] for frame in reversed(frames) if _WAITS_FOR in frame.f_locals), None)


def _is_machinery(filename: str) -> bool:
    return filename.startswith(_MACHINERY[0]) or _MACHINERY[1] in filename


def _await_chain(awaitable: Any) -> list[FrameType]:
    """Each frame from the task's own coroutine down to the one that waits."""
    frames: list[FrameType] = []
    while awaitable is not None:
        for prefix, inner in (("cr", "cr_await"), ("gi", "gi_yieldfrom"), ("ag", "ag_await")):
            frame: FrameType | None = getattr(awaitable, f"{prefix}_frame", None)
            if frame is not None:
                frames.append(frame)
                awaitable = getattr(awaitable, inner)
                break
        else:
            awaitable = _wrapped(awaitable)
    return frames


def _wrapped(awaitable: Any) -> Any:
    """What a step of an async generator or the like stands for; it does not tell by itself."""
    for inner in gc.get_referents(awaitable):
        if any(hasattr(inner, f"{prefix}_frame") for prefix in ("cr", "gi", "ag")):
            return inner
    return None
