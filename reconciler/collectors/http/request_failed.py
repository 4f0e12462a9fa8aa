"""How a request that a server did not answer looks: the source as a whole may still be read."""

from reconciler.collectors.http.connection_errors import clean
from reconciler.errors import Problem, SourceError


class RequestFailed(SourceError):
    """A path or list that could not be read; the source as a whole still can.

    `status` is None when no HTTP answer came (timeout, dropped connection); `reason` is the server's text:
    cleaned and capped, but untrusted.
    """

    def __init__(self, host: str, path: str, status: int | None, reason: str, remedy: str = "") -> None:
        self.path = path
        self.status = status
        self.reason = clean(reason)
        self.remedy = remedy
        super().__init__(Problem(host, f"{path}: {self.summary}", remedy))

    @property
    def summary(self) -> str:
        """Status and reason, without host and path."""
        return f"{self.status} {self.reason}".strip() if self.status else self.reason
