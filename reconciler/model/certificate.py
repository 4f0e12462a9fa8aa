"""The certificate that a server presents, as people compare it."""

from typing import Annotated

from pydantic import Field

from reconciler.model.value import Timestamp, Value


class SeenCertificate(Value):
    """A certificate as it was presented; all but the fingerprint is untrusted text."""

    fingerprint: Annotated[str, Field(description="SHA-256 of the certificate, as AA:BB:…")]
    subject: Annotated[str, Field(description="Whom it is for; empty if it cannot be parsed")] = ""
    issuer: Annotated[str, Field(description="Who signed it")] = ""
    names: Annotated[tuple[str, ...], Field(description="DNS names and addresses that it is valid for")] = ()
    not_before: Annotated[Timestamp | None, Field(description="When its validity begins")] = None
    not_after: Annotated[Timestamp | None, Field(description="When its validity ends")] = None
    self_signed: Annotated[bool, Field(description="Whether it signed itself")] = False
