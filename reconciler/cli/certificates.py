"""A certificate as people compare it: a line for each fact, on any terminal."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from reconciler.text import enumerated

if TYPE_CHECKING:
    from reconciler.model.certificate import SeenCertificate


def certificate_lines(seen: "SeenCertificate") -> Iterator[str]:
    """Yield the facts of a certificate that was presented: whose, whom by, for what, when, and SHA-256."""
    from reconciler.report.escape import escape_terminal

    if seen.subject or seen.issuer:
        by = "itself" if seen.self_signed else escape_terminal(seen.issuer, 200)
        yield f"certificate of {escape_terminal(seen.subject, 200)}, signed by {by}"
    names = [escape_terminal(name, 100) for name in seen.names]
    yield f"for {enumerated(names, 8)}" if names else "for no name (it has no subjectAltName)"
    if seen.not_before and seen.not_after:
        yield f"valid from {seen.not_before:%Y-%m-%d %H:%M} to {seen.not_after:%Y-%m-%d %H:%M} UTC"
    yield f"SHA-256 {seen.fingerprint}"
