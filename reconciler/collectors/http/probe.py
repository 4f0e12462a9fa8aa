"""Checks for `doctor` that need no right: whether a server answers, its certificate, its clock."""

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

from reconciler.collectors.http.client import HttpClient
from reconciler.collectors.http.connection_errors import HostUnreachable, IncompleteResponse
from reconciler.collectors.http.settings import WebSettings
from reconciler.errors import Problem, SourceError
from reconciler.model.check import Check

_SKEW = timedelta(seconds=30)
SOON = timedelta(days=21)


@dataclass(frozen=True, slots=True)
class ProbeResult:
    """How a server answered."""

    seconds: float
    """From the request to the complete answer, connecting included."""
    skew: timedelta | None
    """How far its clock is ahead of ours; None where it sends no date."""
    expires: datetime | None
    """When its certificate ends; None without TLS, or where a fingerprint, or nothing, vouches for it."""


def probe(client: HttpClient, path: str) -> ProbeResult:
    """Make one request; raises what `HttpClient.get` raises."""
    started = time.monotonic()
    answer = client.get(path)
    seconds = time.monotonic() - started
    try:
        skew = parsedate_to_datetime(answer.headers["date"]) - datetime.now(UTC)
    except (KeyError, TypeError, ValueError):
        skew = None
    return ProbeResult(seconds, skew, client.certificate_expires)


def server_checks(settings: WebSettings, connect: Callable[[], HttpClient]) -> Iterator[Check]:
    """Yield checks of the server of a source; the last one has the reason if it does not answer."""
    try:
        client = connect()
    except SourceError as error:
        yield from (bad("secret", problem) for problem in error.problems)
        return
    with client:
        try:
            result = probe(client, "/")
        except HostUnreachable as unreachable:
            yield bad("host", unreachable.problem)
            return
        except (IncompleteResponse, ValueError) as error:
            remedy = getattr(error, "remedy", "")
            yield Check(name="host", state="bad", what=f"{settings.host}: {error}", remedy=remedy)
            return
    milliseconds = round(result.seconds * 1000)
    yield Check(name="host", state="ok", what=f"{settings.host} answers in {milliseconds} ms")
    yield _tls(settings, result)
    if result.skew is not None:
        yield clock(settings.host, result.skew)


def _tls(settings: WebSettings, result: ProbeResult) -> Check:
    if settings.url.startswith("http://"):
        what = f"{settings.host}: no TLS, so the login can be read on the way"
        return Check(name="tls", state="warning", what=what, remedy="use https where the server offers it")
    return certificate(
        settings.host,
        by=settings.ca_file or "a CA of this system",
        pinned=bool(settings.fingerprint),
        verified=settings.verify_tls,
        expires=result.expires,
    )


def certificate(
    host: str, *, by: str, pinned: bool, verified: bool, expires: datetime | None, renew: str = "renew it"
) -> Check:
    """Return what there is to report of a certificate that was accepted."""
    if not verified:
        what = f"{host}: any certificate is accepted (verify_tls: false)"
        return Check(name="tls", state="warning", what=what, remedy="set ca_file or fingerprint")
    if pinned:
        return Check(name="tls", state="ok", what=f"{host}: the certificate has the configured fingerprint")
    until = f", until {expires:%Y-%m-%d}" if expires else ""
    soon = expires is not None and expires - datetime.now(UTC) < SOON
    what = f"{host}: the certificate is trusted by {by}{until}"
    return Check(name="tls", state="warning" if soon else "ok", what=what, remedy=renew if soon else "")


def clock(host: str, skew: timedelta) -> Check:
    """Return how far a server's clock is ahead of ours."""
    seconds = round(skew.total_seconds())
    if abs(skew) <= _SKEW:
        return Check(name="clock", state="ok", what=f"{host} and this machine agree within {abs(seconds)} s")
    ahead = "ahead of" if seconds > 0 else "behind"
    what = f"{host} is {abs(seconds)} s {ahead} this machine: ages and staleness would be wrong"
    return Check(name="clock", state="warning", what=what, remedy="have chrony keep both")


def bad(name: str, problem: Problem) -> Check:
    """Return a problem as the result of a check."""
    return Check(name=name, state="bad", what=f"{problem.subject}: {problem.what}", remedy=problem.remedy)
