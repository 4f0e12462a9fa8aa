"""Why a certificate is not trusted, in plain words, and the remedy of each reason.

The numbers are those of OpenSSL's `x509_vfy.h`; `openssl verify` explains them.
"""

import ssl
from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple

from reconciler.text import clean


@dataclass(frozen=True, slots=True)
class Remedies:
    """The steps that fix trust, in the words of one system."""

    ca_file: str
    """Where a CA certificate for `ca_file` comes from."""
    fingerprint: str
    """How to see the fingerprint of a certificate on the machine itself."""
    renew: str = "renew it on the server"
    """How a certificate of this system is renewed."""


class WrongFingerprint(ssl.SSLCertVerificationError):
    """A certificate that is not one of the pinned ones."""

    def __init__(self, found: str) -> None:
        self.found = found
        super().__init__(f"the fingerprint is {found}")


class _Reason(NamedTuple):
    what: str
    remedy: str
    """With `{ca_file}` and `{renew}` of the system."""


_EXPIRED = _Reason("it has expired", "{renew}; if its dates are right, correct the clock of this machine")
_EARLY = _Reason(
    "it is not valid yet",
    "correct the clock of this machine or of the server; else {renew}, with the right time",
)
_OTHER_NAME = _Reason(
    "it is for another name",
    "use a host name from its certificate, or set fingerprint, which ignores names",
)
_SELF_SIGNED = _Reason("it is self-signed", "set fingerprint, or set ca_file to a copy of that certificate")
_OTHER_CA = _Reason("it is not signed by a trusted CA", "{ca_file}, or set fingerprint")
_NEW_CA = _Reason(
    "it is signed by a CA with the trusted name but another key",
    "the CA was recreated: {ca_file}, or set fingerprint",
)
_WRONG_USE = _Reason("it is not a server certificate", "install a certificate for server authentication")
_WEAK = _Reason("its key or signature is too weak", "{renew}, with RSA of 2048 bits or more and SHA-256")

_BY_CODE: Mapping[int, _Reason] = {
    **dict.fromkeys((10, 12), _EXPIRED),
    **dict.fromkeys((9, 11), _EARLY),
    **dict.fromkeys((62, 63, 64), _OTHER_NAME),
    18: _SELF_SIGNED,
    **dict.fromkeys((2, 19, 20, 21, 27, 29), _OTHER_CA),
    **dict.fromkeys((7, 30, 31), _NEW_CA),
    26: _WRONG_USE,
    **dict.fromkeys((66, 67, 68), _WEAK),
}


def explain_untrusted(error: ssl.SSLCertVerificationError, remedies: Remedies) -> tuple[str, str]:
    """Return why a certificate is not trusted, and how to fix that."""
    if isinstance(error, WrongFingerprint):
        what = f"the certificate's fingerprint is not the configured one but {error.found}"
        return what, f"if {remedies.fingerprint} shows the same, put it into fingerprint"
    reason = _BY_CODE.get(getattr(error, "verify_code", 0))
    if reason is None:
        message = clean(str(getattr(error, "verify_message", "") or error))
        reason = _Reason(message, _OTHER_CA.remedy)
    remedy = reason.remedy.format(ca_file=remedies.ca_file, renew=remedies.renew)
    return f"the TLS certificate is not trusted ({reason.what})", remedy
