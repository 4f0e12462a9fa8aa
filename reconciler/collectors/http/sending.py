"""The HTTP client that may also write: for the code host and for alarms, never for a source.

import-linter keeps it from the collectors, which can only GET.
"""

from collections.abc import Mapping
from typing import Literal
from urllib.parse import quote

from reconciler.collectors.http.client import IN_PATHS, HttpClient
from reconciler.collectors.http.response import Response

Method = Literal["POST", "PUT", "PATCH", "DELETE"]


class SendingClient(HttpClient):
    """One server that is asked and written to; errors are those of `HttpClient`."""

    def send(
        self,
        method: Method,
        path: str,
        body: bytes = b"",
        content_type: str = "application/json",
        headers: Mapping[str, str] | None = None,
    ) -> Response:
        """Return the answer to a request with a body, whatever its status; redirects are not followed.

        What can be made twice without another effect (PUT, PATCH, DELETE) is made again as a GET is; a POST
        only where it found no connection, or where the server put it off with 429.
        """
        target = quote(path, IN_PATHS, errors="replace")
        sent = {"Content-Type": content_type, **(headers or {})} if body else dict(headers or {})
        return self._until_answered(method, target, sent, body)
