"""What `doctor` can see of a web server without any right: whether it answers, its certificate, its clock."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta

from reconciler.collectors.http import connection_errors
from reconciler.collectors.http.client import Seen, Web
from reconciler.collectors.http.connection_errors import HostUnreachable
from reconciler.collectors.http.settings import WebSettings
from reconciler.errors import Problem, SourceError
from reconciler.model.check import Check

_SKEW = timedelta(seconds=30)
SOON = timedelta(days=21)


def look(settings: WebSettings, connect: Callable[[], Web]) -> Iterator[Check]:
    """How the server of a source answers; ends with why where it does not."""
    try:
        web = connect()
    except SourceError as error:
        yield from (bad("secret", problem) for problem in error.problems)
        return
    with web:
        try:
            seen = web.look()
        except HostUnreachable as down:
            yield bad("host", down.problem)
            return
        except (connection_errors.IncompleteResponse, ValueError) as error:
            yield Check(name="host", state="bad", what=f"{settings.host}: {error}")
            return
    milliseconds = round(seen.seconds * 1000)
    yield Check(name="host", state="ok", what=f"{settings.host} answers in {milliseconds} ms")
    yield _tls(settings, seen)
    if seen.skew is not None:
        yield clock(settings.host, seen.skew)


def _tls(settings: WebSettings, seen: Seen) -> Check:
    if settings.url.startswith("http://"):
        what = f"{settings.host}: there is no TLS, so the login can be read on the way"
        return Check(name="tls", state="warning", what=what, remedy="use https where the server offers it")
    return certificate(
        settings.host,
        by=settings.ca_file or "a CA of this system",
        pinned=bool(settings.fingerprint),
        verified=settings.verify_tls,
        expires=seen.expires,
    )


def certificate(
    host: str, *, by: str, pinned: bool, verified: bool, expires: datetime | None, renew: str = "renew it"
) -> Check:
    """What is to be said of a certificate that was believed."""
    if not verified:
        what = f"{host}: any certificate is believed (verify_tls: false)"
        return Check(name="tls", state="warning", what=what, remedy="set ca_file or fingerprint")
    if pinned:
        return Check(name="tls", state="ok", what=f"{host}: the certificate has the configured fingerprint")
    until = f", until {expires:%Y-%m-%d}" if expires else ""
    soon = expires is not None and expires - datetime.now(UTC) < SOON
    what = f"{host}: the certificate is trusted by {by}{until}"
    return Check(name="tls", state="warning" if soon else "ok", what=what, remedy=renew if soon else "")


def clock(host: str, skew: timedelta) -> Check:
    """How far a server's clock is ahead of ours."""
    seconds = round(skew.total_seconds())
    if abs(skew) <= _SKEW:
        return Check(name="clock", state="ok", what=f"{host} and this machine agree within {abs(seconds)} s")
    ahead = "ahead of" if seconds > 0 else "behind"
    what = f"{host} is {abs(seconds)} s {ahead} this machine: ages and staleness would be wrong"
    return Check(name="clock", state="warning", what=what, remedy="have chrony keep both")


def bad(name: str, problem: Problem) -> Check:
    """A problem as something that was looked at."""
    return Check(name=name, state="bad", what=f"{problem.subject}: {problem.what}", remedy=problem.remedy)
