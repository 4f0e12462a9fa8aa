"""Errors on the way to a host, each as one line with host, cause and remedy.

Knows no HTTP library: what happened is an exception of the standard library.
"""

import socket
import ssl

from reconciler.collectors.http.untrusted import Remedies, explain_untrusted
from reconciler.errors import Cause, Problem, SourceError
from reconciler.text import clean


class UnfinishedAnswer(TimeoutError):
    """The time was over in the middle of an answer."""


class HostUnreachable(Exception):
    """No connection to a host, or none that can be trusted; with a remedy where it has one of its own."""

    def __init__(
        self, host: str, what: str, remedy: str = "", cause: Cause = "unreachable", *, permanent: bool = False
    ) -> None:
        self.problem = Problem(host, what, remedy, cause)
        self.permanent = permanent
        """Whether another attempt would end in the same way."""
        super().__init__(str(self.problem))


class IncompleteResponse(Exception):
    """A connection, but no complete HTTP response."""

    remedy = ""

    def __init__(self, reason: str, *, timed_out: bool = False) -> None:
        self.reason = reason
        self.timed_out = timed_out
        self.cause: Cause = "timeout" if timed_out else "connection-lost"
        super().__init__(reason)


class NoTimeLeft(IncompleteResponse):
    """The time for reading the source is over: the request was not made, or not waited for any longer."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(problem.what)
        self.cause = problem.cause
        self.remedy = problem.remedy


class OutOfTime(SourceError):
    """A list that got no time: the kind that asks for it fails, whatever it makes of other failures.

    So that no kind goes on with half of what it needs: without the names behind ids, without an order.
    """

    def __init__(self, host: str, late: NoTimeLeft) -> None:
        super().__init__(Problem(host, late.reason, late.remedy, late.cause))


def cannot_be_reached(problem: Problem, remedy: str) -> SourceError:
    """Return the error of a source whose only server is unreachable; `remedy` where the cause has none."""
    if problem.remedy:
        return SourceError(problem)
    return SourceError(Problem(problem.subject, f"cannot be reached ({problem.what})", remedy, problem.cause))


def classify(
    error: Exception, host: str, seconds: float, remedies: Remedies, *, connected: bool
) -> HostUnreachable | IncompleteResponse:
    """Return what an error means that came before there was a connection, or after it."""
    if not connected:
        return _unreachable(error, host, remedies)
    if isinstance(error, UnfinishedAnswer):
        return IncompleteResponse(f"no complete answer within {round(seconds, 1):g} s", timed_out=True)
    if isinstance(error, TimeoutError):
        return IncompleteResponse(f"no answer within {round(seconds, 1):g} s", timed_out=True)
    if isinstance(error, ssl.SSLError) and "ALERT" in str(getattr(error, "reason", "")):
        return IncompleteResponse(f"the server ended the TLS connection ({_reason(error)})")
    if isinstance(error, OSError):
        return IncompleteResponse("the connection broke off")
    return IncompleteResponse("the answer is not HTTP")


def _unreachable(error: Exception, host: str, remedies: Remedies) -> HostUnreachable:
    if isinstance(error, ssl.SSLCertVerificationError):
        what, remedy = explain_untrusted(error, remedies)
        return HostUnreachable(host, what, remedy, "untrusted-certificate", permanent=True)
    if isinstance(error, socket.gaierror | UnicodeError):
        return HostUnreachable(host, "its name does not resolve")
    if isinstance(error, TimeoutError):
        what = "no TLS handshake in time" if "handshake" in str(error) else "no connection in time"
        return HostUnreachable(host, what, cause="timeout", permanent=True)
    if isinstance(error, ssl.SSLError):
        return _no_tls(error, host)
    text = error.strerror if isinstance(error, OSError) else None
    return HostUnreachable(host, text.lower() if text else "no connection")


def _no_tls(error: ssl.SSLError, host: str) -> HostUnreachable:
    if isinstance(error, ssl.SSLEOFError):
        return HostUnreachable(host, "the connection broke off in the TLS handshake")
    if error.reason in {"WRONG_VERSION_NUMBER", "HTTP_REQUEST", "PACKET_LENGTH_TOO_LONG"}:
        return HostUnreachable(host, "the server on this port does not speak TLS", permanent=True)
    return HostUnreachable(host, f"the TLS handshake failed ({_reason(error)})", permanent=True)


def _reason(error: ssl.SSLError) -> str:
    return clean(str(error.reason or "no reason given")).lower().replace("_", " ")
