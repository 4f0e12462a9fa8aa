"""Clients as tests make them."""

import ssl
from datetime import timedelta
from pathlib import Path
from typing import Any

from reconciler.collectors.http import tls_context
from reconciler.collectors.http.client import HttpClient
from reconciler.collectors.http.settings import WebSettings
from reconciler.collectors.http.untrusted import Remedies
from tests.collectors.http.stub import Stub

REMEDIES = Remedies(ca_file="set ca_file", fingerprint="`look`")


def of_stub(stub: Stub, **changes: Any) -> HttpClient:
    """The client of a stub server, made from settings that trust its CA."""
    entry = {
        "name": "x",
        "type": "x",
        "url": f"https://{stub.host}",
        "ca_file": str(stub.ca_file),
        "timeout": "2s",
    }
    return HttpClient.of_source(WebSettings.model_validate(entry | changes), Path("/"), REMEDIES)


def of_host(host: str, *, seconds: float = 2, context: ssl.SSLContext | None = None) -> HttpClient:
    """The client of a server that speaks plain HTTP, or TLS where there is a context."""
    url = f"http://{host}" if context is None else f"https://{host}"
    return HttpClient(
        url, context or tls_context.without_verification(), timedelta(seconds=seconds), REMEDIES
    )
