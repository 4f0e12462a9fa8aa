"""Contact the servers that a new site names: what are they, and which CA vouches for them?

Only the TLS handshake and requests without a login are made; no secret is read.
"""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from reconciler.collectors.http import tls_context
from reconciler.collectors.http.client import HttpClient
from reconciler.collectors.http.connection_errors import HostUnreachable, IncompleteResponse
from reconciler.collectors.http.probe import presented
from reconciler.collectors.http.untrusted import Remedies
from reconciler.errors import Problem
from reconciler.kinds import SYSTEMS
from reconciler.model.certificate import SeenCertificate

_TIMEOUT = timedelta(seconds=10)
_REMEDIES = Remedies(ca_file="name the CA with --ca-file", fingerprint="the server")
_CHECK = "check the address and the port, and that this machine may connect to it"
OPTIONS = {name: f"--{name}" for name, system in SYSTEMS.items() if system.title}
"""System → the option of `init` that names its servers."""


@dataclass(frozen=True, slots=True)
class FoundServer:
    """A server that is of the system that it was named for."""

    system: str
    url: str
    certificate: SeenCertificate | None
    """The one that it presents; None without TLS."""
    vouched_by: str | None
    """`system`: a CA of this machine; `ca_file`: the one that was named; None: no CA does, or no TLS."""
    doubt: str
    """Why no CA vouches for it."""

    @property
    def to_confirm(self) -> SeenCertificate | None:
        """The certificate that a person has to confirm."""
        return None if self.vouched_by else self.certificate


def contact(wanted: Sequence[tuple[str, str]], ca_file: Path | None) -> list[FoundServer | Problem]:
    """Contact servers, given as (system, URL), all at once; a problem in place of one that cannot be used.

    Raises `SourceError` for a CA file that cannot be used.
    """
    if ca_file is not None:
        tls_context.by_authority(str(ca_file), Path(), _REMEDIES)
    with ThreadPoolExecutor(max(1, len(wanted)), thread_name_prefix="contact") as pool:
        return list(pool.map(lambda each: _contact(each[0], each[1], ca_file), wanted))


def _contact(system: str, url: str, ca_file: Path | None) -> FoundServer | Problem:
    vouched_by, doubt = None, ""
    try:
        seen = presented(url, _TIMEOUT)
        if seen is not None:
            vouched_by, doubt = _vouched(url, ca_file)
        context = tls_context.pinned([seen.fingerprint]) if seen else tls_context.without_verification()
        with HttpClient(url, context, _TIMEOUT, _REMEDIES) as client:
            if SYSTEMS[system].recognise(client):
                return FoundServer(system, url, seen, vouched_by, doubt)
            return _another(system, url, client)
    except HostUnreachable as error:
        what = f"{url} cannot be reached ({error.problem.what})"
        remedy = _CHECK
        if system != "proxmox" and "does not speak TLS" in what:
            remedy += f"; if it has no TLS, write http://{error.problem.subject}"
        return Problem(OPTIONS[system], what, remedy, error.problem.cause)
    except (IncompleteResponse, ValueError) as error:
        return Problem(OPTIONS[system], f"{url} does not answer as {SYSTEMS[system].title}: {error}", _CHECK)


def _vouched(url: str, ca_file: Path | None) -> tuple[str | None, str]:
    """Return which CA vouches for a server, or why none does."""
    doubt = ""
    for by, file in (("system", None), ("ca_file", ca_file)):
        if by == "ca_file" and file is None:
            continue
        context = tls_context.by_authority(str(file) if file else None, Path(), _REMEDIES)
        try:
            with HttpClient(url, context, _TIMEOUT, _REMEDIES) as client:
                client.handshake()
        except HostUnreachable as error:
            if error.problem.cause != "untrusted-certificate":
                raise
            doubt = error.problem.what
        else:
            return by, ""
    return None, doubt


def _another(system: str, url: str, client: HttpClient) -> Problem:
    """Return the problem of a server of another type, named where it is one of ours."""
    title = SYSTEMS[system].title
    for name, option in OPTIONS.items():
        if name != system and SYSTEMS[name].recognise(client):
            what = f"{url} is {SYSTEMS[name].title}, not {title}"
            return Problem(OPTIONS[system], what, f"name it with {option}")
    return Problem(OPTIONS[system], f"{url} does not answer as {title}", "check the address and the port")
