"""Settings under `sources:` of a source that is one web server: where it is, and how it is trusted."""

import re
from datetime import timedelta
from typing import Annotated
from urllib.parse import urlsplit

from pydantic import AfterValidator, Field, ValidationInfo, field_validator

from reconciler.collectors.http.tls_trust import Fingerprints, Timeout, one_way
from reconciler.config.settings import SourceSettings

_HOST = re.compile(r"\[[0-9A-Fa-f:.]+(?:%25[\w.-]+)?\]|[A-Za-z0-9_](?:[A-Za-z0-9_.-]{0,251}[A-Za-z0-9])?")


def _url(text: str) -> str:
    message = (
        "is not the URL of a server; write only scheme, host and port, such as https://192.168.11.1:8443"
    )
    try:
        parts = urlsplit(text.strip())
        port = parts.port
    except ValueError:
        raise ValueError(message) from None
    host = parts.netloc.rpartition(":")[0] if port is not None else parts.netloc
    if parts.username is not None or parts.password is not None:
        message += "; users and passwords do not belong in it"
        raise ValueError(message)
    scheme = parts.scheme in {"http", "https"}
    if not scheme or parts.path not in {"", "/"} or parts.query or parts.fragment or port == 0:
        raise ValueError(message)
    if _HOST.fullmatch(host) is None:
        raise ValueError(message)
    return f"{parts.scheme}://{parts.netloc}"


Url = Annotated[str, AfterValidator(_url), Field(examples=["https://192.168.11.1"])]
"""Scheme, host and port of a server, without a path."""


class WebSettings(SourceSettings):
    """A source that is one web server."""

    url: Annotated[Url, Field(description="Scheme, host and port: https://192.168.11.1")]
    ca_file: Annotated[str | None, Field(description="CA certificate in PEM form that vouches for it")] = None
    fingerprint: Annotated[
        Fingerprints, Field(description="SHA-256 of its certificate; then its name is not checked")
    ] = ()
    verify_tls: Annotated[
        bool, Field(description="false: accept any certificate; for a lab, never for a LAN")
    ] = True
    connections: Annotated[int, Field(ge=1, le=32, description="Requests at once")] = 4
    timeout: Annotated[
        Timeout,
        Field(description="Longest time for one answer, from connecting to its last byte; at most 10m"),
    ] = timedelta(seconds=30)

    @field_validator("fingerprint", "verify_tls", mode="after")
    @classmethod
    def _one_way_to_trust(cls, value: object, info: ValidationInfo) -> object:
        return one_way(info.field_name, value, info.data)

    @property
    def host(self) -> str:
        """Host and port, as messages name it."""
        return self.url.partition("://")[2]
