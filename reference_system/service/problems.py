"""What the service says when it cannot do as asked: a status, a code, a sentence, and never a stack trace."""

from __future__ import annotations

from starlette.responses import JSONResponse


class Problem(Exception):  # noqa: N818 - what RFC 9457 calls it
    """Ends a request with an error that its sender can do something about."""

    def __init__(
        self, status: int, code: str, message: str, *, field: str | None = None, retry_after_s: int | None = None
    ) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.message = message
        self.field = field
        """Where in the body or the query, with dots."""
        self.retry_after_s = retry_after_s

    def response(self) -> JSONResponse:
        """As the sender sees it."""
        error = {"code": self.code, "message": self.message, "field": self.field}
        headers = {} if self.retry_after_s is None else {"retry-after": str(self.retry_after_s)}
        return JSONResponse({"error": error}, status_code=self.status, headers=headers)
