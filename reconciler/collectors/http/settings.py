"""Settings under `sources:` of a source that is one web server: where it is, and how it is trusted."""

import re
from typing import Annotated
from urllib.parse import urlsplit

from pydantic import AfterValidator, Field

from reconciler.config.settings import SourceSettings
from reconciler.config.trust import ServerTrust

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


class WebSettings(ServerTrust, SourceSettings):
    """A source that is one web server."""

    url: Annotated[Url, Field(description="Server URL with scheme, host and port: https://192.168.11.1")]
    connections: Annotated[int, Field(ge=1, le=32, description="Concurrent requests")] = 4

    @property
    def host(self) -> str:
        """Host and port, as messages name it."""
        return self.url.partition("://")[2]
