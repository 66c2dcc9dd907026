"""An error status: the callee answers with an error."""

from __future__ import annotations

from typing import ClassVar

from pydantic import Field

from pytest_agentchaos.dialects.base import Problem, ProblemKind
from pytest_agentchaos.faults.answers import ProblemFault, answer_with
from pytest_agentchaos.faults.base import Situation
from pytest_agentchaos.faults.registry import register
from pytest_agentchaos.faults.steps import Program

KINDS_BY_STATUS: dict[int, ProblemKind] = {
    401: "unauthorized",
    403: "forbidden",
    404: "not_found",
    408: "timeout",
    409: "conflict",
    429: "rate_limited",
    503: "unavailable",
    529: "overloaded",
}
FIRST_SERVER_ERROR = 500


@register
class ErrorStatus(ProblemFault):
    """The callee fails with a status, in the form that its real servers use; the caller's SDK raises its own exception.

    Nothing happened at the callee, unless ``after=True``: then it failed when its work was already done.
    """

    name: ClassVar[str] = "error_status"

    status: int = Field(default=500, ge=400, le=599)
    message: str | None = None
    after: bool = False

    def problem(self) -> Problem:
        """The problem that this status stands for."""
        other: ProblemKind = "server_error" if self.status >= FIRST_SERVER_ERROR else "bad_request"
        return Problem(KINDS_BY_STATUS.get(self.status, other), status=self.status, message=self.message)

    def compile(self, situation: Situation) -> Program:
        """Answer with the error, after or instead of the delivery."""
        return answer_with(situation.dialect.problem(situation.request, self.problem()), after=self.after)
