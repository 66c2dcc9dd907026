"""SVG: elements as safe markup. All of it is escaped; there is no style, which the policy would refuse."""

from __future__ import annotations

from typing import Final

from markupsafe import Markup, escape

from pytest_agentchaos.reporting.page.text import visible

_STATUS_ICONS: Final = frozenset({"pass", "fail", "unknown", "invalid", "inapplicable", "infrastructure", "waived"})


def tag(name: str, *children: Markup | str, **attributes: str | float | None) -> Markup:
    """``tag("rect", x=1, class_="bar")``; an attribute that is None is left out, ``_`` is written as ``-``."""
    told = "".join(
        f' {key.rstrip("_").replace("_", "-")}="{_safe(value)}"'
        for key, value in attributes.items()
        if value is not None
    )
    inside = "".join(str(_safe(child)) for child in children)
    return Markup(f"<{name}{told}>{inside}</{name}>")  # noqa: S704 - all of it is escaped, names are our own


def picture(
    width: float, height: float, title: str, *children: Markup, class_: str = "chart", ratio: str | None = None
) -> Markup:
    """A drawing with its text alternative."""
    return tag(
        "svg",
        tag("title", title),
        *children,
        class_=class_,
        viewBox=f"0 0 {_number(width)} {_number(height)}",
        width=width,
        height=height,
        preserveAspectRatio=ratio,
        role="img",
    )


def icon(status: str) -> Markup:
    """The shape of a status; the shapes themselves stand once at the start of the page. Its word stands beside it."""
    known = status if status in _STATUS_ICONS else _SHAPES.get(status, "unknown")
    return Markup('<svg class="icon {}" aria-hidden="true"><use href="#i-{}"/></svg>').format(known, known)


_SHAPES: Final = {"inconclusive": "unknown", "promote": "pass", "rollback": "fail", "hold": "unknown"}


def _safe(value: str | float) -> Markup:
    if isinstance(value, Markup):
        return value
    return escape(visible(value) if isinstance(value, str) else _number(value))


def _number(value: float) -> str:
    """In a drawing, a hundredth of a pixel is enough."""
    return f"{value:.2f}".rstrip("0").rstrip(".")
