"""Whether a server is a UniFi Network controller, from answers that need no login.

By hand: on a UniFi OS console, `curl -ki https://HOST/proxy/network/api/self/sites` answers 401, and `/` does
not; `curl -k https://HOST:8443/api/self/sites` answers `api.err.LoginRequired` on a controller of its own.
"""

from reconciler.collectors.http.client import HttpClient
from reconciler.collectors.http.payload import BadAnswerError

_REFUSED = frozenset({401, 403})


def answers_as_unifi(client: HttpClient) -> bool:
    """Return whether it is; raises what `HttpClient.get` raises."""
    if client.get("/proxy/network/api/self/sites").status in _REFUSED:
        return client.get("/").status not in _REFUSED
    try:
        found = client.get("/api/self/sites").json()
    except BadAnswerError:
        return False
    meta = found.get("meta") if isinstance(found, dict) else None
    return isinstance(meta, dict) and "rc" in meta
