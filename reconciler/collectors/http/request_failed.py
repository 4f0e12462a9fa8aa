"""How a request that a server did not answer looks: the source as a whole may still be read."""

from collections.abc import Mapping

from reconciler.errors import Cause, Problem, SourceError
from reconciler.text import clean


class RequestFailed(SourceError):
    """A path or list that could not be read; the source as a whole still can.

    `status` is None when no HTTP answer came (timeout, dropped connection); `reason` is the server's text:
    cleaned and capped, but untrusted.
    """

    def __init__(
        self,
        host: str,
        path: str,
        status: int | None,
        reason: str,
        remedy: str = "",
        cause: Cause | None = None,
    ) -> None:
        self.path = path
        self.status = status
        self.reason = clean(reason)
        self.remedy = remedy
        self.cause = cause or _cause(status)
        super().__init__(Problem(host, f"{path}: {self.summary}", remedy, self.cause))

    @property
    def summary(self) -> str:
        """Status and reason, without host and path."""
        return f"{self.status} {self.reason}".strip() if self.status else self.reason

    @property
    def problem(self) -> Problem:
        """The failure without host and path, so that rows that failed alike have one problem."""
        return Problem("", self.summary, self.remedy, self.cause)


_CAUSES: Mapping[int, Cause] = {
    200: "bad-answer",
    401: "login-refused",
    403: "token-lacks-right",
    404: "not-supported",
    501: "not-supported",
    **dict.fromkeys(range(595, 600), "node-silent"),
}


def _cause(status: int | None) -> Cause:
    return "connection-lost" if status is None else _CAUSES.get(status, "request-failed")
