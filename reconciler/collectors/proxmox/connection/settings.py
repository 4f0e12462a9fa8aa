"""Settings under `sources:` of a Proxmox VE cluster or host."""

import re
from datetime import timedelta
from typing import Annotated

from pydantic import AfterValidator, BeforeValidator, Field, ValidationInfo, WithJsonSchema, field_validator

from reconciler.config.secret import Secret
from reconciler.config.settings import SourceSettings
from reconciler.config.trust import Fingerprints, Timeout, one_or_many, one_way

DEFAULT_PORT = 8006

_LABEL = r"[A-Za-z0-9_](?:[A-Za-z0-9_-]{0,61}[A-Za-z0-9])?"
_HOST = re.compile(rf"(\[[0-9A-Fa-f:.]+(?:%[\w.-]+)?\]|{_LABEL}(?:\.{_LABEL}){{0,10}})(?::(\d{{1,5}}))?")
_TOKEN_ID = re.compile(r"[^\s:/]+@[A-Za-z][A-Za-z0-9.\-_]+![A-Za-z][A-Za-z0-9.\-_]+")


def _host(text: str) -> str:
    match = _HOST.fullmatch(text.strip())
    if match is None or not 0 < int(match[2] or DEFAULT_PORT) < 65536:
        message = "is not a host; write host, host:port or [IPv6]:port, without https:// and without a path"
        raise ValueError(message)
    return f"{match[1]}:{int(match[2] or DEFAULT_PORT)}"


def _token_id(text: str) -> str:
    if _TOKEN_ID.fullmatch(text.strip()) is None:
        message = "is not a token id; write it as user@realm!name, such as reconciler@pve!drift"
        raise ValueError(message)
    return text.strip()


HostAndPort = Annotated[str, AfterValidator(_host), Field(examples=["r630-01.lan", "[fd00::1]:8006"])]
"""Host and port; the port is 8006 by default."""

_TEXT_OR_LIST = {"anyOf": [{"type": "string"}, {"type": "array", "items": {"type": "string"}}]}


class ProxmoxSettings(SourceSettings):
    """A Proxmox VE cluster or standalone host, read with an API token."""

    hosts: Annotated[
        tuple[HostAndPort, ...],
        BeforeValidator(one_or_many),
        Field(min_length=1, description="Nodes of one cluster, as host[:port], tried in this order"),
        WithJsonSchema(_TEXT_OR_LIST),
    ]
    token_id: Annotated[
        str,
        AfterValidator(_token_id),
        Field(description="API token: user@realm!name", examples=["reconciler@pve!drift"]),
    ]
    token_secret: Annotated[Secret, Field(description="Reference to the token's secret: ${PVE_TOKEN_SECRET}")]
    ca_file: Annotated[
        str | None,
        Field(
            description="CA certificate (PEM) to verify the nodes with: a copy of /etc/pve/pve-root-ca.pem"
        ),
    ] = None
    fingerprint: Annotated[
        Fingerprints,
        Field(
            description="SHA-256 fingerprint of the host's certificate, or one for each host in order; host"
            " names are then not checked"
        ),
    ] = ()
    verify_tls: Annotated[
        bool, Field(description="false accepts any certificate; only for a lab, never for a LAN")
    ] = True
    connections: Annotated[int, Field(ge=1, le=32, description="Concurrent requests per host")] = 4
    timeout: Annotated[
        Timeout,
        Field(description="Timeout of one request, from connecting to the last byte; at most 10m"),
    ] = timedelta(seconds=30)
    store_descriptions: Annotated[
        bool, Field(description="Store notes of guests, pools and networks; they may contain secrets")
    ] = False

    @field_validator("fingerprint", "verify_tls", mode="after")
    @classmethod
    def _one_way_to_trust(cls, value: object, info: ValidationInfo) -> object:
        return one_way(info.field_name, value, info.data)

    @field_validator("fingerprint", mode="after")
    @classmethod
    def _for_every_host(cls, value: tuple[str, ...], info: ValidationInfo) -> tuple[str, ...]:
        hosts = len(info.data.get("hosts", value))
        if len(value) > 1 and len(value) != hosts:
            message = f"must be one for each of the {hosts} hosts, in their order, not {len(value)}"
            raise ValueError(message)
        return value

    def fingerprint_of(self, host: str) -> str | None:
        """Return the fingerprint that the certificate of a host must have; None where a CA vouches for it."""
        if len(self.fingerprint) < 2:
            return next(iter(self.fingerprint), None)
        return self.fingerprint[self.hosts.index(host)]
