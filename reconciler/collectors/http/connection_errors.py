"""What went wrong on the way to a host, as one line with host, cause and remedy.

Knows no HTTP library: their exceptions wrap those of the standard library, which say what happened.
"""

import re
import socket
import ssl
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from reconciler.errors import Cause, Problem, SourceError
from reconciler.text import clean, printable

MISMATCH = "Fingerprints did not match"
"""How an error begins whose certificate is not the pinned one; `got "AA:BB…"` follows."""

_GOT = re.compile(r'got "([0-9A-Fa-f:]+)"')


@dataclass(frozen=True, slots=True)
class Remedies:
    """What to do about trust, in the words of one system."""

    ca_file: str
    """Where a CA certificate for `ca_file` comes from."""
    fingerprint: str
    """How to see the fingerprint of a certificate on the machine itself."""


class HostUnreachable(Exception):
    """No connection to a host, or none that can be trusted; with a remedy where it has one of its own."""

    def __init__(self, host: str, what: str, remedy: str = "", cause: Cause = "unreachable") -> None:
        self.problem = Problem(host, what, remedy, cause)
        super().__init__(str(self.problem))


class IncompleteResponse(Exception):
    """A connection, but no whole HTTP answer."""

    def __init__(self, reason: str, *, timed_out: bool = False) -> None:
        self.reason = reason
        self.timed_out = timed_out
        super().__init__(reason)


def check_ca_file(name: str, root: Path, remedies: Remedies) -> Path:
    """The CA file that a source names; raises `SourceError` when it cannot be used."""
    file = root / name
    remedy = f"{remedies.ca_file}, or set fingerprint"
    try:
        ssl.create_default_context(cafile=file)
    except (ssl.SSLError, ValueError):
        what = "holds no CA certificate in PEM form"
        raise SourceError(Problem(printable(name), what, remedy, "misconfigured")) from None
    except OSError as error:
        what = f"cannot be read ({error.strerror or error})"
        raise SourceError(Problem(printable(name), what, remedy, "misconfigured")) from None
    return file


def chain(error: BaseException | None) -> Iterator[BaseException]:
    """An exception and all that it wraps."""
    waiting: list[object] = [error]
    seen: set[int] = set()
    while waiting:
        inner = waiting.pop(0)
        if not isinstance(inner, BaseException) or id(inner) in seen:
            continue
        seen.add(id(inner))
        yield inner
        waiting += [inner.__cause__, inner.__context__, getattr(inner, "reason", None), *inner.args]


def hopeless(error: BaseException | None) -> bool:
    """Whether a second attempt mends nothing: the certificate is the trouble, or it is no TLS at all."""
    return any(_is_certificate(inner) or _is_plain(inner) for inner in chain(error))


def _is_certificate(error: BaseException) -> bool:
    return isinstance(error, ssl.SSLCertVerificationError) or MISMATCH in str(error)


def _is_plain(error: BaseException) -> bool:
    return isinstance(error, ssl.SSLError) and error.reason == "WRONG_VERSION_NUMBER"


def classify(
    error: Exception, host: str, timeout: timedelta, remedies: Remedies
) -> HostUnreachable | IncompleteResponse:
    """A failed request, told by what lies under it."""
    inner = list(chain(error))
    names = {type(each).__name__ for each in inner}
    for each in inner:
        if _is_certificate(each):
            return _untrusted(each, host, remedies)
        if isinstance(each, socket.gaierror):
            return HostUnreachable(host, "its name does not resolve")
    if names & {"ReadTimeoutError", "ReadTimeout"}:
        return IncompleteResponse(f"no answer within {timeout.total_seconds():g} s", timed_out=True)
    if names & {"ConnectTimeoutError", "ConnectTimeout"}:
        return HostUnreachable(host, "no connection in time", cause="timeout")
    if any(map(_is_plain, inner)):
        return HostUnreachable(host, "what listens there does not speak TLS")
    if names & {"NewConnectionError", "ConnectError"}:
        return HostUnreachable(host, _system_text(inner))
    return IncompleteResponse("the connection broke off")


def _system_text(inner: Sequence[BaseException]) -> str:
    """What the system says of a connection that failed, less its number: `connection refused`."""
    texts = [each.strerror for each in inner if isinstance(each, OSError) and each.strerror]
    return texts[0].lower() if texts else "no connection"


def _untrusted(error: BaseException, host: str, remedies: Remedies) -> HostUnreachable:
    got = _GOT.search(str(error))
    if got is not None:
        digits = re.sub(r"[^0-9A-F]", "", got[1].upper())
        found = ":".join(digits[at : at + 2] for at in range(0, len(digits), 2))
        what = f"the certificate's fingerprint is not the configured one but {found}"
        remedy = f"if {remedies.fingerprint} shows the same, put it into fingerprint"
    else:
        message = clean(str(getattr(error, "verify_message", "") or error))
        what = f"the TLS certificate is not trusted ({message})"
        remedy = f"{remedies.ca_file}, or set fingerprint"
        if "mismatch" in message:
            remedy = "name the host as its certificate does, or set fingerprint"
    return HostUnreachable(host, what, remedy, "untrusted-certificate")
