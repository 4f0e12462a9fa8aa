"""The certificates that a client trusts: those of the system's CAs, of a CA file, or pinned ones."""

import errno
import ssl
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from reconciler import files
from reconciler.collectors.http.untrusted import Remedies, WrongFingerprint
from reconciler.config.trust import fingerprint
from reconciler.errors import Problem, SourceError
from reconciler.text import printable

MAX_CA_BYTES = 2**22
"""All CAs that Debian trusts make 0.2 MB."""


class _PinnedContext(ssl.SSLContext):
    """Trusts some certificates, whoever signed them; any other ends the connection before a byte is sent."""

    fingerprints: frozenset[str] = frozenset()

    def wrap_socket(self, *args: Any, **kwargs: Any) -> ssl.SSLSocket:
        secured = super().wrap_socket(*args, **kwargs)
        found = fingerprint(secured.getpeercert(binary_form=True) or b"")
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
    try:
        pem = None if ca_file is None else _pem(root / ca_file)
    except OSError as error:
        raise _unusable(ca_file, *_unreadable(error, remedies)) from None
    text = None if pem is None else pem.encode("ascii", "replace").decode()
    try:
        # An empty text would be taken for none, and every CA of the system be trusted.
        context = ssl.create_default_context(cadata="-" if text == "" else text)
    except (ssl.SSLError, ValueError):
        raise _unusable(ca_file, *_not_a_certificate(str(ca_file), pem or "", remedies)) from None
    # A copy of the server's own certificate, or of the CA between, is trusted too: Python 3.13 does so, and
    # earlier versions do not.
    context.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN
    # Python 3.13 refuses by default what home-made CAs leave out, that of Proxmox VE among them: an
    # extension for what their key is for (prometheus-pve/prometheus-pve-exporter#494).
    context.verify_flags &= ~ssl.VERIFY_X509_STRICT
    return context


def _pem(file: Path) -> str:
    return files.read_regular(file, MAX_CA_BYTES).decode("latin-1")


def _unusable(ca_file: str | None, what: str, remedy: str) -> SourceError:
    return SourceError(Problem(f"ca_file {printable(str(ca_file))}", what, remedy, "misconfigured"))


def _unreadable(error: OSError, remedies: Remedies) -> tuple[str, str]:
    if error.errno == errno.ENOENT:
        return "does not exist", f"{remedies.ca_file}, or set fingerprint"
    if error.errno == errno.EACCES:
        return "cannot be read (permission denied)", "give this user read access to it: chmod a+r"
    return f"cannot be read ({error.strerror or error})", f"{remedies.ca_file}, or set fingerprint"


def _not_a_certificate(ca_file: str, text: str, remedies: Remedies) -> tuple[str, str]:
    """Return what a CA file holds instead of a CA certificate in PEM form, and how to fix that."""
    if "PRIVATE KEY-----" in text:
        what = "holds a private key and no certificate"
        return what, f"remove it from the repository and its history, and {remedies.ca_file}"
    if text.startswith("\x30\x82"):  # SEQUENCE, with a length in two bytes
        what = "holds a certificate in DER form, not in PEM form"
        return (
            what,
            f"convert it: openssl x509 -inform der -in {printable(ca_file)} -out {printable(ca_file)}",
        )
    what = "is empty" if not text.strip() else "holds no CA certificate in PEM form"
    return what, f"{remedies.ca_file}, or set fingerprint"


def without_verification() -> ssl.SSLContext:
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
    return by_authority(ca_file, root, remedies) if verify_tls else without_verification()
