"""A refusal: what the API answers when it does not do what it is asked."""

from __future__ import annotations


class Refusal(Exception):  # noqa: N818 - an answer, not a defect
    """An error text and the status that goes with it."""

    def __init__(self, status: int, text: str) -> None:
        super().__init__(text)
        self.text = text
        self.status = status


def bad_body(text: str) -> Refusal:
    """The body of a request cannot be read."""
    return Refusal(400, f"bad request body: {text}")


def missing(field: str) -> Refusal:
    """A field that has to be there is not, or is empty."""
    return Refusal(400, f"missing required field: {field}")
