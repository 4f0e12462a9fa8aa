"""The certificate that a server presents, as people compare it."""

from typing import Annotated

from pydantic import Field

from reconciler.model.value import Timestamp, Value


class SeenCertificate(Value):
    """A certificate as the server presented it; all but the fingerprint is untrusted text."""

    fingerprint: Annotated[str, Field(description="SHA-256 fingerprint, as AA:BB:…")]
    subject: Annotated[str, Field(description="Subject; empty if it cannot be parsed")] = ""
    issuer: Annotated[str, Field(description="Issuer")] = ""
    names: Annotated[
        tuple[str, ...], Field(description="DNS names and IP addresses that it is valid for")
    ] = ()
    not_before: Annotated[Timestamp | None, Field(description="Start of its validity")] = None
    not_after: Annotated[Timestamp | None, Field(description="End of its validity")] = None
    self_signed: Annotated[bool, Field(description="Whether it is self-signed")] = False
