"""When the model fails, the error handler logs the connection, its key included.

On a good day nobody sees it. On a bad day it stands in every line of a log that goes to three other companies.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any

from power.bug import Bug, changed
from reference_system.model.asking import AskingModel
from reference_system.resilience.retry import TransientError
from reference_system.system import TravelSystem

_log = logging.getLogger("reference_system.model.asking")


def plant(system: TravelSystem) -> AbstractContextManager[object]:
    """One line more for each failed attempt."""

    def make(ask: Callable[..., Any]) -> Callable[..., Any]:
        async def talkative(self: Any, question: Any, allowance: Any, spent: Any) -> Any:
            try:
                return await ask(self, question, allowance, spent)
            except TransientError as error:
                settings = system.settings
                _log.warning("%s (key %s): %s", settings.model_url, settings.api_key, error)
                raise

        return talkative

    return changed(AskingModel, "_ask_once", make)


BUG = Bug("key_in_error_log", "the model's key is logged, on errors only", plant)
