"""Answers of Proxmox VE as values: `{"data": …}` with what stands beside it."""

import json
from typing import Any, Protocol

from reconciler import files


class BadAnswerError(ValueError):
    """An answer that is not in Proxmox VE's form; the text is ours alone."""


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


def parse(content: bytes) -> Any:
    """JSON, however broken its text: half a surrogate pair or a stray byte in a name must not fail all.

    Raises `BadAnswerError` when it is no JSON.
    """
    try:
        return files.parse_json(content)
    except ValueError:
        try:
            return _whole(json.loads(content.decode("utf-8", "replace")))
        except (ValueError, RecursionError):
            message = "the answer is no JSON; check that this is the port of the API"
            raise BadAnswerError(message) from None


def _whole(value: Any) -> Any:
    if isinstance(value, str):
        return value.encode("utf-8", "replace").decode("utf-8")
    if isinstance(value, list):
        return [_whole(item) for item in value]
    if isinstance(value, dict):
        return {_whole(key): _whole(item) for key, item in value.items()}
    return value
