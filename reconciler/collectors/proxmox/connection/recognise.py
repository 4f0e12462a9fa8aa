"""Whether a server is a Proxmox VE host, from answers that need no login.

By hand: `curl -ki https://HOST:8006/api2/json/version` answers 401 and names `pve-api-daemon`; behind a
reverse proxy, `/api2/json/access/domains` lists the realms to anyone, `pam` among them.
"""

from reconciler.collectors.http.client import HttpClient
from reconciler.collectors.http.payload import BadAnswerError

_SOFTWARE = "pve-api-daemon"


def answers_as_proxmox(client: HttpClient) -> bool:
    """Return whether it is; raises what `HttpClient.get` raises."""
    answer = client.get("/api2/json/version")
    if answer.status not in {200, 401}:
        return False
    if answer.headers.get("server", "").startswith(_SOFTWARE):
        return True
    try:
        found = client.get("/api2/json/access/domains").json()
    except BadAnswerError:
        return False
    realms = found.get("data") if isinstance(found, dict) else None
    return isinstance(realms, list) and any(
        isinstance(realm, dict) and realm.get("realm") == "pam" for realm in realms
    )
