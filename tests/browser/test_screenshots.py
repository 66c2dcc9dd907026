"""Pictures of a page, for a person to look at."""

from __future__ import annotations

import struct
from pathlib import Path

from scripts.screenshots import THEMES, WIDTHS, pictures

KEPT = Path(__file__).parents[2] / "reports" / "screenshots"
"""Beside the reports of a checkout; git ignores it, and a pipeline may keep it."""


def test_pictures_at_three_widths_in_light_and_dark_are_kept(chromium, reports):
    """Each of its width, and light is not dark."""
    page = reports["audited"]
    KEPT.mkdir(parents=True, exist_ok=True)
    taken = chromium.do(lambda browser: pictures(page, KEPT, browser))
    assert len(taken) == len(WIDTHS) * len(THEMES) == 6
    widths = [struct.unpack(">I", path.read_bytes()[16:20])[0] for path in taken]
    assert widths == [width for width in WIDTHS for _ in THEMES]
    assert len({path.read_bytes() for path in taken}) == 6
