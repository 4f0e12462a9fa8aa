"""Answers of Proxmox VE as values: `{"data": …}` with what stands beside it."""

from typing import Any, Protocol

from reconciler.collectors.http.payload import BadAnswerError, parse
from reconciler.collectors.http.response import Response


class Reply(Protocol):
    """The type that the session of proxmoxer returns."""

    response: Response


class Envelopes:
    """A serialiser for proxmoxer, whose own drops all but `data` and hides bad JSON in `{"errors": …}`."""

    def loads(self, reply: Reply) -> dict[str, Any]:
        """Return the complete answer; raises `BadAnswerError` when it cannot be parsed or has no data."""
        envelope = parse(reply.response.content)
        if not isinstance(envelope, dict) or "data" not in envelope:
            message = "the answer has no data"
            raise BadAnswerError(message)
        return envelope

    def loads_errors(self, reply: Reply) -> None:
        """Return nothing: what matters is in the reason phrase."""
