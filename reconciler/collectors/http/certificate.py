"""The certificate that a server presents, as a value. Imports cryptography, and nothing else here does."""

from cryptography import x509

from reconciler.config.trust import fingerprint
from reconciler.model.certificate import SeenCertificate
from reconciler.text import clean

_MOST_NAMES = 50
"""A certificate may have thousands of names."""


def parse_certificate(certificate: bytes) -> SeenCertificate:
    """Return a certificate in DER form as a value: only its fingerprint where it cannot be parsed."""
    found = SeenCertificate(fingerprint=fingerprint(certificate))
    try:
        parsed = x509.load_der_x509_certificate(certificate)
        return SeenCertificate(
            fingerprint=found.fingerprint,
            subject=clean(parsed.subject.rfc4514_string()),
            issuer=clean(parsed.issuer.rfc4514_string()),
            names=_alternative_names(parsed),
            not_before=parsed.not_valid_before_utc,
            not_after=parsed.not_valid_after_utc,
            self_signed=parsed.subject == parsed.issuer,
        )
    except ValueError:
        return found


def _alternative_names(parsed: x509.Certificate) -> tuple[str, ...]:
    try:
        found = parsed.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except x509.ExtensionNotFound:
        return ()
    names = (*found.get_values_for_type(x509.DNSName), *found.get_values_for_type(x509.IPAddress))
    return tuple(clean(str(name)) for name in names[:_MOST_NAMES])
