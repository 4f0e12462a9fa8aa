"""Whether a server is an Nginx Proxy Manager or NPMplus, from an answer that needs no login.

By hand: `curl -k http://HOST:81/api/` answers `{"status":"OK","version":{"major":2,…}}`.
"""

from reconciler.collectors.http.client import HttpClient
from reconciler.collectors.http.payload import BadAnswerError


def answers_as_npm(client: HttpClient) -> bool:
    """Return whether it is; raises what `HttpClient.get` raises."""
    try:
        found = client.get("/api/").json()
    except BadAnswerError:
        return False
    return isinstance(found, dict) and found.get("status") == "OK" and "version" in found
