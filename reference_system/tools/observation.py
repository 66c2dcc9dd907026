"""What a server process says of its calls: one log line each, under the id of the trip that it is for."""

from __future__ import annotations

import logging
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from reference_system.errors import ToolRefusedError
from reference_system.telemetry.correlation import correlated, from_baggage

logger = logging.getLogger(__name__)


@contextmanager
def logged(tool: str, meta: Mapping[str, Any]) -> Iterator[None]:
    """Around a call: all that is logged inside carries the correlation id that came in its baggage."""
    with correlated(_correlation(meta)):
        began_s = time.perf_counter()
        try:
            yield
        except ToolRefusedError as refused:
            logger.info("%s refused in %.1f ms: %s: %s", tool, _since_ms(began_s), refused.code, refused)
            raise
        logger.debug("%s answered in %.1f ms", tool, _since_ms(began_s))


def _correlation(meta: Mapping[str, Any]) -> str:
    """Empty if the caller sent none that is valid."""
    baggage = meta.get("baggage")
    return (from_baggage(baggage) or "") if isinstance(baggage, str) else ""


def _since_ms(began_s: float) -> float:
    return (time.perf_counter() - began_s) * 1_000
