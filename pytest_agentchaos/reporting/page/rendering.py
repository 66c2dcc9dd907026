"""Rendering: templates in which every value is made visible and escaped, and a name that is missing is an error."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from markupsafe import Markup, escape

from pytest_agentchaos.reporting.page import words
from pytest_agentchaos.reporting.page.security import policy
from pytest_agentchaos.reporting.page.svg import icon
from pytest_agentchaos.reporting.page.text import visible

if TYPE_CHECKING:
    from jinja2 import Environment

_HERE: Final = Path(__file__).parent
_WHOLE_CHARACTERS: Final = 300_000
_STYLES: Final = ("style.css", "timeline.css")
_THEME: Final = ("theme.js",)
_SCRIPTS: Final = (("trials.js", "page.js"), ("timeline.js",))
"""Each of these is a module of its own."""


def render(template: str, **values: Any) -> str:
    """The whole of a page: its own style and scripts stand in it, and a policy that allows no others."""
    style, theme = _file_texts(_STYLES), _file_texts(_THEME)
    scripts = [_file_texts(names) for names in _SCRIPTS]
    values["policy"] = policy([style], [theme, *scripts])
    page: str = environment().get_template(template).render(style=style, theme=theme, scripts=scripts, **values)
    return page


@cache
def environment() -> Environment:
    """Jinja2, as strict as it can be."""
    import jinja2

    made = jinja2.Environment(
        loader=jinja2.FileSystemLoader(_HERE),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        finalize=_shown,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
    )
    names = ("number", "percent", "rate", "interval", "seconds", "plural", "signed", "class_bound")
    made.filters.update({name: getattr(words, name) for name in names})
    made.globals.update(icon=icon, whole=whole, STATUSES=words.STATUSES, DOUBTS=words.DOUBTS)
    return made


@cache
def _file_texts(names: tuple[str, ...]) -> Markup:
    return Markup("\n".join((_HERE / name).read_text("utf-8") for name in names))  # noqa: S704 - our own files


def whole(text: str) -> Markup:
    """A command or a document: of no use if it is shortened."""
    return escape(visible(text, _WHOLE_CHARACTERS))


def _shown(value: Any) -> Any:
    """Of each value that a template writes, before it is escaped."""
    if value is None:
        return ""
    return visible(value) if isinstance(value, str) and not isinstance(value, Markup) else value
