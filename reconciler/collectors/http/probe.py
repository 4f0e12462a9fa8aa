"""Checks for `doctor` that need no right: whether a server answers, its certificate, its clock."""

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

from reconciler.collectors.http import tls_context
from reconciler.collectors.http.client import HttpClient
from reconciler.collectors.http.connection_errors import HostUnreachable, IncompleteResponse
from reconciler.collectors.http.settings import WebSettings
from reconciler.collectors.http.untrusted import Remedies
from reconciler.errors import Problem, SourceError
from reconciler.model.certificate import SeenCertificate
from reconciler.model.check import Check, CheckState

_SKEW = timedelta(seconds=30)
SOON = timedelta(days=21)
_NO_REMEDIES = Remedies(ca_file="", fingerprint="")


@dataclass(frozen=True, slots=True)
class ProbeResult:
    """How a server answered."""

    seconds: float
    """From the request to the complete answer, connecting included."""
    skew: timedelta | None
    """How far its clock is ahead of ours; None where it sends no date."""
    certificate: SeenCertificate | None
    """The one that it presented; None without TLS."""


@dataclass(frozen=True, slots=True)
class Trust:
    """How a source is configured to trust the certificate of a host."""

    by: str
    """The file, or the CAs of this system."""
    pinned: bool
    verified: bool


def probe(client: HttpClient, path: str) -> ProbeResult:
    """Make one request; raises what `HttpClient.get` raises."""
    started = time.monotonic()
    answer = client.get(path)
    seconds = time.monotonic() - started
    try:
        skew = parsedate_to_datetime(answer.headers["date"]) - datetime.now(UTC)
    except (KeyError, TypeError, ValueError):
        skew = None
    return ProbeResult(seconds, skew, _parsed(client.certificate))


def presented(url: str, timeout: timedelta) -> SeenCertificate | None:
    """Return the certificate that a server presents, trusted or not; nothing is sent to it.

    None without TLS. Raises `HostUnreachable`.
    """
    with HttpClient(url, tls_context.without_verification(), timeout, _NO_REMEDIES) as client:
        return _parsed(client.handshake())


def _parsed(certificate: bytes | None) -> SeenCertificate | None:
    if certificate is None:
        return None
    from reconciler.collectors.http.certificate import parse_certificate

    return parse_certificate(certificate)


def server_checks(settings: WebSettings, connect: Callable[[], HttpClient]) -> Iterator[Check]:
    """Yield checks of the server of a source; the last one has the reason if it does not answer."""
    try:
        client = connect()
    except SourceError as error:
        yield from (bad("secret", problem) for problem in error.problems)
        return
    trust = Trust(settings.ca_file or "a CA of this system", bool(settings.fingerprint), settings.verify_tls)
    with client:
        yield from host_checks(lambda: probe(client, "/"), settings.url, settings.timeout, trust, state="bad")


def host_checks(
    ask: Callable[[], ProbeResult],
    url: str,
    timeout: timedelta,
    trust: Trust,
    *,
    state: CheckState,
    renew: str = "renew it",
) -> Iterator[Check]:
    """Yield checks of one host; `state` is that of a host that does not answer, or is not trusted."""
    scheme, _, host = url.partition("://")
    try:
        result = ask()
    except HostUnreachable as unreachable:
        yield _unreachable(unreachable.problem, url, timeout, state)
        return
    except (IncompleteResponse, ValueError) as error:
        remedy = getattr(error, "remedy", "")
        yield Check(name="host", state=state, what=f"{host}: {error}", remedy=remedy)
        return
    milliseconds = round(result.seconds * 1000)
    yield Check(name="host", state="ok", what=f"{host} answers in {milliseconds} ms", brief=host)
    if scheme == "http":
        what = f"{host}: no TLS, so the login is sent unencrypted"
        yield Check(name="tls", state="warning", what=what, remedy="use https where the server offers it")
    else:
        yield certificate(host, trust, result.certificate, renew)
    if result.skew is not None:
        yield clock(host, result.skew)


def _unreachable(problem: Problem, url: str, timeout: timedelta, state: CheckState) -> Check:
    """Return the check of a host without a connection, with the certificate where that is the reason."""
    what, remedy = f"{problem.subject}: {problem.what}", problem.remedy
    if problem.cause != "untrusted-certificate":
        return Check(name="host", state=state, what=what, remedy=remedy)
    try:
        seen = presented(url, min(timeout, timedelta(seconds=10)))
    except HostUnreachable:
        seen = None
    if "it has expired" in what and seen and seen.not_after and seen.not_after > datetime.now(UTC):
        what = what.replace("it has expired", "the CA that signed it has expired")
        remedy = "recreate the CA and its certificates and replace ca_file, or set fingerprint"
    return Check(name="tls", state=state, what=what, remedy=remedy, certificate=seen)


def certificate(host: str, trust: Trust, seen: SeenCertificate | None, renew: str = "renew it") -> Check:
    """Return what there is to report of a certificate that was accepted."""
    if not trust.verified:
        what = f"{host}: any certificate is accepted (verify_tls: false)"
        remedy = "set ca_file or fingerprint"
        return Check(name="tls", state="warning", what=what, remedy=remedy, certificate=seen)
    how = "has the configured fingerprint" if trust.pinned else f"is trusted by {trust.by}"
    expires = seen.not_after if seen else None
    if expires is None:
        return Check(name="tls", state="ok", what=f"{host}: the certificate {how}", certificate=seen)
    left = expires - datetime.now(UTC)
    over = left <= timedelta(0)
    until = f"{'it expired on' if over else 'until'} {expires:%Y-%m-%d}"
    remedy = renew + (", then set its new fingerprint" if trust.pinned else "") if left < SOON else ""
    return Check(
        name="tls",
        state="warning" if remedy else "ok",
        what=f"{host}: the certificate {how}, {until}",
        remedy=remedy,
        brief=f"certificate until {expires:%Y-%m-%d}",
        certificate=seen,
    )


def clock(host: str, skew: timedelta) -> Check:
    """Return how far a server's clock is ahead of ours."""
    seconds = round(skew.total_seconds())
    if abs(skew) <= _SKEW:
        return Check(name="clock", state="ok", what=f"{host} and this machine agree within {abs(seconds)} s")
    ahead = "ahead of" if seconds > 0 else "behind"
    what = f"{host} is {abs(seconds)} s {ahead} this machine: ages and staleness would be wrong"
    return Check(name="clock", state="warning", what=what, remedy="keep both in sync with chrony")


def bad(name: str, problem: Problem) -> Check:
    """Return a problem as the result of a check."""
    return Check(name=name, state="bad", what=f"{problem.subject}: {problem.what}", remedy=problem.remedy)
