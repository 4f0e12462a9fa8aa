"""Answers of Proxmox VE as values: `{"data": …}` with what stands beside it."""

from typing import Any, Protocol

from reconciler.collectors.http.payload import BadAnswerError, parse


class Response(Protocol):
    """What is read of an HTTP response."""

    content: bytes


class Envelopes:
    """A serialiser for proxmoxer, whose own drops all but `data` and hides bad JSON in `{"errors": …}`."""

    def loads(self, response: Response) -> dict[str, Any]:
        """The whole answer; raises `BadAnswerError` when it is no JSON or has no data."""
        envelope = parse(response.content)
        if not isinstance(envelope, dict) or "data" not in envelope:
            message = "the answer has no data"
            raise BadAnswerError(message)
        return envelope

    def loads_errors(self, response: Response) -> None:
        """Nothing: what matters is in the reason phrase."""
