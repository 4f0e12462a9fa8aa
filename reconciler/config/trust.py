"""How the certificate of a server is trusted, and how long an answer may take."""

import hashlib
import re
from collections.abc import Mapping
from datetime import timedelta
from typing import Annotated, Any

from pydantic import AfterValidator, BeforeValidator, Field, ValidationInfo, WithJsonSchema, field_validator

from reconciler.config.base import Settings
from reconciler.config.duration import Duration

_FINGERPRINT = re.compile(r"(?:[0-9A-F]{2}:){31}[0-9A-F]{2}")
_LONGEST_WAIT = timedelta(minutes=10)


def _fingerprint(text: str) -> str:
    shape = text.strip().upper()
    if _FINGERPRINT.fullmatch(shape) is None:
        message = (
            "is not a SHA-256 fingerprint; write 32 pairs of hex digits with colons, as `pvenode cert info`"
            " or `openssl x509 -noout -fingerprint -sha256` does"
        )
        raise ValueError(message)
    return shape


def fingerprint(certificate: bytes) -> str:
    """Return the SHA-256 of a certificate in DER form, as `AA:BB:…`."""
    return hashlib.sha256(certificate).digest().hex(":").upper()


def _wait(value: timedelta) -> timedelta:
    if value > _LONGEST_WAIT:
        message = "is longer than 10m: a run would wait that long for each missing answer"
        raise ValueError(message)
    return value


def one_or_many(value: object) -> object:
    """A text where a list may stand, as a list."""
    return [value] if isinstance(value, str) else value


CertificateFingerprint = Annotated[str, AfterValidator(_fingerprint)]
"""SHA-256 of a certificate, with colons."""

Fingerprints = Annotated[
    tuple[CertificateFingerprint, ...],
    BeforeValidator(one_or_many),
    WithJsonSchema({"anyOf": [{"type": "string"}, {"type": "array", "items": {"type": "string"}}]}),
]
"""One fingerprint, or several."""

Timeout = Annotated[Duration, AfterValidator(_wait)]
"""Longest time for one answer, from connecting to its last byte; at most 10 minutes."""


def one_way(name: str | None, value: object, others: Mapping[str, Any]) -> object:
    """`fingerprint` or `verify_tls`, unless another way to trust is set too; raises `ValueError` then."""
    set_too = [other for other in ("ca_file", "fingerprint") if other != name and others.get(other)]
    if set_too and value not in {(), True}:
        message = f"cannot be combined with {set_too[0]}; keep one of them"
        raise ValueError(message)
    return value


class ServerTrust(Settings):
    """How one server is trusted."""

    ca_file: Annotated[str | None, Field(description="CA certificate (PEM) to verify the server with")] = None
    fingerprint: Annotated[
        Fingerprints,
        Field(
            description="SHA-256 fingerprint of the server's certificate; its host name is then not checked"
        ),
    ] = ()
    verify_tls: Annotated[
        bool, Field(description="false: accept any certificate; only for a lab, never for a LAN")
    ] = True
    timeout: Annotated[
        Timeout,
        Field(description="Timeout of one request, from connecting to the last byte; at most 10m"),
    ] = timedelta(seconds=30)

    @field_validator("fingerprint", "verify_tls", mode="after")
    @classmethod
    def _one_way_to_trust(cls, value: object, info: ValidationInfo) -> object:
        return one_way(info.field_name, value, info.data)
