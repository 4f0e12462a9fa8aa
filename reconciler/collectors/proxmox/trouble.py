"""What went wrong on the way to a host, as one line with host, cause and remedy.

Knows no HTTP library: their exceptions wrap those of the standard library, which say what happened.
"""

import re
import socket
import ssl
from collections.abc import Iterator, Sequence
from pathlib import Path

from reconciler.collectors.proxmox.api import clean
from reconciler.collectors.proxmox.settings import ProxmoxSettings
from reconciler.errors import Problem, SourceError, printable

_MISMATCH = "Fingerprints did not match"
_GOT = re.compile(r'got "([0-9A-Fa-f:]+)"')


class HostDown(Exception):
    """No connection to a host, or none that can be trusted; with a remedy where it has one of its own."""

    def __init__(self, host: str, what: str, remedy: str = "") -> None:
        self.problem = Problem(host, what, remedy)
        super().__init__(str(self.problem))


class NoAnswer(Exception):
    """A connection, but no whole HTTP answer."""

    def __init__(self, reason: str, *, timed_out: bool = False) -> None:
        self.reason = reason
        self.timed_out = timed_out
        super().__init__(reason)


class Unauthorized(SourceError):
    """Status 401: the token is unknown, its secret is wrong, or it has expired; all hosts say the same."""

    def __init__(self, host: str, reason: str, settings: ProxmoxSettings) -> None:
        remedy = f"check token_id and {settings.token_secret.variable}"
        if "expire" in reason.lower():
            remedy = "renew it under Datacenter, Permissions, API Tokens"
        super().__init__(Problem(host, f"the token is refused (401 {reason})", remedy))


def verification(settings: ProxmoxSettings, root: Path) -> bool | str:
    """What proxmoxer's `verify_ssl` is to be; a fingerprint is checked by the adapter instead.

    Raises `SourceError` when the CA file cannot be used.
    """
    if settings.ca_file is None:
        return settings.verify_tls and not settings.fingerprint
    file = root / settings.ca_file
    remedy = "copy /etc/pve/pve-root-ca.pem of a node there, or set fingerprint"
    try:
        ssl.create_default_context(cafile=file)
    except (ssl.SSLError, ValueError):
        what = "holds no CA certificate in PEM form"
        raise SourceError(Problem(printable(settings.ca_file), what, remedy)) from None
    except OSError as error:
        raise SourceError(
            Problem(printable(settings.ca_file), f"cannot be read ({error.strerror or error})", remedy)
        ) from None
    return str(file)


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
    return isinstance(error, ssl.SSLCertVerificationError) or _MISMATCH in str(error)


def _is_plain(error: BaseException) -> bool:
    return isinstance(error, ssl.SSLError) and error.reason == "WRONG_VERSION_NUMBER"


def of(error: Exception, host: str, settings: ProxmoxSettings) -> HostDown | NoAnswer:
    """A failed request, told by what lies under it."""
    inner = list(chain(error))
    names = {type(each).__name__ for each in inner}
    for each in inner:
        if _is_certificate(each):
            return _untrusted(each, host)
        if isinstance(each, socket.gaierror):
            return HostDown(host, "its name does not resolve")
    if "ReadTimeoutError" in names:
        return NoAnswer(f"no answer within {settings.timeout.total_seconds():g} s", timed_out=True)
    if "NewConnectionError" in names:
        return HostDown(host, _system_text(inner))
    if "ConnectTimeoutError" in names:
        return HostDown(host, "no connection in time")
    if any(map(_is_plain, inner)):
        return HostDown(host, "what listens there does not speak TLS")
    return NoAnswer("the connection broke off")


def _system_text(inner: Sequence[BaseException]) -> str:
    texts = [each.strerror for each in inner if isinstance(each, OSError) and each.strerror]
    return texts[0].lower() if texts else "no connection"


def _untrusted(error: BaseException, host: str) -> HostDown:
    got = _GOT.search(str(error))
    if got is not None:
        digits = re.sub(r"[^0-9A-F]", "", got[1].upper())
        found = ":".join(digits[at : at + 2] for at in range(0, len(digits), 2))
        what = f"the certificate's fingerprint is not the configured one but {found}"
        remedy = "if `pvenode cert info` on that node shows the same, put it into fingerprint"
    else:
        message = clean(str(getattr(error, "verify_message", "") or error))
        what = f"the TLS certificate is not trusted ({message})"
        remedy = "set ca_file to a copy of the cluster's /etc/pve/pve-root-ca.pem, or set fingerprint"
        if "mismatch" in message:
            remedy = "name the host as its certificate does, or set fingerprint"
    return HostDown(host, what, remedy)


def unreachable(down: Sequence[Problem]) -> SourceError:
    """No host is left: those with one cause and remedy together, and those that give no sign together."""
    hosts: dict[tuple[str, str], list[str]] = {}
    for problem in down:
        if problem.remedy:
            hosts.setdefault((problem.what, problem.remedy), []).append(problem.subject)
    told = [Problem(", ".join(each), what, remedy) for (what, remedy), each in hosts.items()]
    silent = [problem for problem in down if not problem.remedy]
    if silent:
        subject = ", ".join(problem.subject for problem in silent)
        causes = "; ".join(dict.fromkeys(problem.what for problem in silent))
        what = f"cannot be reached ({causes})" if len(silent) == 1 else f"none can be reached ({causes})"
        remedy = "check hosts, and that pveproxy runs there and the firewall lets this machine in"
        told.append(Problem(subject, what, remedy))
    return SourceError(told)


def phrase(reason: object) -> str:
    """An HTTP reason phrase as text: http.client reads Latin-1, Proxmox VE writes UTF-8."""
    text = str(reason or "")
    try:
        return text.encode("latin-1").decode("utf-8")
    except UnicodeError:
        return text
