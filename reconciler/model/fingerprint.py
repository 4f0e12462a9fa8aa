"""Fingerprints of secrets: they show that a secret changed, never its value.

A fingerprint is `<key id>:<HMAC-SHA-256, half of it>` (RFC 2104), made with the site's `fingerprint_key`.
The signed text includes the place of the secret, so that one passphrase in two places has two fingerprints.
Only fingerprints with the same key id can be compared.
"""

import hashlib
import hmac
import re
from typing import Annotated, Final

from pydantic import AfterValidator, Field

_SHAPE = re.compile(r"[0-9a-f]{8}:[0-9a-f]{32}")


class _Mark:
    """Marks a field in `Annotated` as a fingerprint; see `Kind.fingerprints`."""


FINGERPRINT: Final = _Mark()


def _fingerprint(text: str | None) -> str | None:
    if text is not None and _SHAPE.fullmatch(text) is None:
        message = "is not a fingerprint; write 8 hex digits, a colon and 32 hex digits, as in a snapshot"
        raise ValueError(message)
    return text


SecretFingerprint = Annotated[
    str | None,
    FINGERPRINT,
    AfterValidator(_fingerprint),
    Field(
        description="Keyed fingerprint of the secret; none: no fingerprint_key, no secret, or it is hidden"
    ),
]
"""A top-level field of a resource that stands for a secret."""


class SecretFingerprinter:
    """Makes fingerprints with one key, which no text form of it shows."""

    def __init__(self, key: str) -> None:
        self._key = hashlib.sha256(key.encode()).digest()
        self.key_id = hmac.digest(self._key, b"key id", "sha256").hex()[:8]

    def fingerprint(self, place: str, value: str) -> str:
        """Return the fingerprint of a value at a place."""
        signed = f"{len(place)}:{place}{value}".encode("utf-8", "surrogatepass")
        return f"{self.key_id}:{hmac.digest(self._key, signed, 'sha256').hex()[:32]}"

    def __repr__(self) -> str:
        return f"SecretFingerprinter({self.key_id})"


def comparable(one: object, other: object) -> bool:
    """Return whether two fingerprints were made with the same key."""
    return isinstance(one, str) and isinstance(other, str) and one[:9] == other[:9]
