"""The certificates that a client trusts: those of the system's CAs, of a CA file, or pinned ones."""

import hashlib
import ssl
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from reconciler import files
from reconciler.collectors.http.connection_errors import Remedies, WrongFingerprint
from reconciler.errors import Problem, SourceError
from reconciler.text import printable

MAX_CA_BYTES = 2**22
"""All CAs that Debian trusts make 0.2 MB."""


class _PinnedContext(ssl.SSLContext):
    """Trusts some certificates, whoever signed them; any other ends the connection before a byte is sent."""

    fingerprints: frozenset[str] = frozenset()

    def wrap_socket(self, *args: Any, **kwargs: Any) -> ssl.SSLSocket:
        secured = super().wrap_socket(*args, **kwargs)
        digest = hashlib.sha256(secured.getpeercert(binary_form=True) or b"").hexdigest().upper()
        found = ":".join(digest[at : at + 2] for at in range(0, len(digest), 2))
        if found not in self.fingerprints:
            secured.close()
            raise WrongFingerprint(found)
        return secured


def pinned(fingerprints: Iterable[str]) -> ssl.SSLContext:
    """Return a context that trusts the certificates with these SHA-256 fingerprints, under any name."""
    context = _PinnedContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    context.fingerprints = frozenset(fingerprints)
    return context


def by_authority(ca_file: str | None, root: Path, remedies: Remedies) -> ssl.SSLContext:
    """Return a context that trusts what a CA signed: the one of a file below `root`, or any of the system.

    Raises `SourceError` when the file cannot be used. Variables of the environment that other tools read
    (`REQUESTS_CA_BUNDLE`, `CURL_CA_BUNDLE`) have no effect.
    """
    remedy = f"{remedies.ca_file}, or set fingerprint"
    try:
        context = ssl.create_default_context(cadata=None if ca_file is None else _pem(root / ca_file))
    except (ssl.SSLError, ValueError):
        what = "holds no CA certificate in PEM form"
        raise SourceError(Problem(printable(str(ca_file)), what, remedy, "misconfigured")) from None
    except OSError as error:
        what = f"cannot be read ({error.strerror or error})"
        raise SourceError(Problem(printable(str(ca_file)), what, remedy, "misconfigured")) from None
    # Python 3.13 refuses by default what home-made CAs leave out, that of Proxmox VE among them: an
    # extension for what their key is for (prometheus-pve/prometheus-pve-exporter#494).
    context.verify_flags &= ~ssl.VERIFY_X509_STRICT
    return context


def _pem(file: Path) -> str:
    return files.read_regular(file, MAX_CA_BYTES).decode("ascii", "replace")


def unverified() -> ssl.SSLContext:
    """Return a context that accepts any certificate: `verify_tls: false`, for a lab."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context


def choose(
    *, ca_file: str | None, fingerprints: Iterable[str], verify_tls: bool, root: Path, remedies: Remedies
) -> ssl.SSLContext:
    """Return the context for the settings of a source, which hold at most one way to trust.

    Raises `SourceError` when the CA file cannot be used.
    """
    wanted = tuple(fingerprints)
    if wanted:
        return pinned(wanted)
    return by_authority(ca_file, root, remedies) if verify_tls else unverified()
