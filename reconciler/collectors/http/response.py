"""A complete HTTP response: its size is limited, also after unpacking."""

import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from reconciler.collectors.http.connection_errors import IncompleteResponse
from reconciler.collectors.http.payload import BadAnswerError, parse
from reconciler.errors import Problem, SourceError

MAX_RESPONSE_BYTES = 2**26
"""10,000 guests of Proxmox VE make 6 MB, 20,000 clients of UniFi some 20 MB."""

_GZIP = 31
"""The window size by which zlib knows that data are gzip."""


@dataclass(frozen=True, slots=True)
class Response:
    """Everything that a server answered to one request."""

    status: int
    headers: Mapping[str, str]
    """By lower-case name; of a header that comes several times, the last."""
    content: bytes
    """The body, unpacked."""
    reason: str = ""
    """The reason phrase, as untrusted Latin-1 text; Proxmox VE writes its errors there."""

    @property
    def redirect_target(self) -> str | None:
        """Where a redirect leads; None when the response is not a redirect."""
        return self.headers.get("location", "elsewhere") if 300 <= self.status < 400 else None

    @property
    def is_json(self) -> bool:
        """Whether it is declared as JSON; a wrong path or a server that starts answers with a web page."""
        return "json" in self.headers.get("content-type", "").lower()

    def json(self) -> Any:
        """Return its value; raises `BadAnswerError` when it cannot be parsed as JSON."""
        if not self.is_json and self.content.lstrip()[:1] == b"<":
            message = "the answer is a web page, not JSON"
            raise BadAnswerError(message)
        return parse(self.content)


def unpack(content: bytes, encoding: str) -> bytes:
    """Return a body without its content encoding.

    Raises `BadAnswerError` when it is too large, has more data after its end or an encoding that was not
    asked for, and `IncompleteResponse` when it breaks off.
    """
    if not content or encoding in {"", "identity"}:
        return content
    if encoding not in {"gzip", "x-gzip"}:
        message = "the answer has a compression that was not requested"
        raise BadAnswerError(message)
    unpacker = zlib.decompressobj(wbits=_GZIP)
    try:
        plain = unpacker.decompress(content, MAX_RESPONSE_BYTES + 1)
    except zlib.error:
        message = "the compressed answer is damaged"
        raise IncompleteResponse(message) from None
    if len(plain) > MAX_RESPONSE_BYTES:
        raise too_large()
    if not unpacker.eof:
        message = "the compressed answer breaks off"
        raise IncompleteResponse(message)
    if unpacker.unused_data:
        message = "the compressed answer has more data after its end"
        raise BadAnswerError(message)
    return plain


def no_answer(host: str, what: str, error: IncompleteResponse | BadAnswerError, remedy: str) -> SourceError:
    """Return the error of a source whose answer cannot be used; `remedy` where the error has none."""
    if isinstance(error, IncompleteResponse):
        return SourceError(Problem(host, what, error.remedy or remedy, error.cause))
    return SourceError(Problem(host, what, remedy, "bad-answer"))


def too_large() -> BadAnswerError:
    """Return the error of an answer that is larger than any server has reason to send."""
    return BadAnswerError(f"the answer is larger than {MAX_RESPONSE_BYTES // 2**20} MiB")
