"""The request that webhooks and ntfy share: one POST, and its errors with their remedies."""

from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

from reconciler.alarms.sinks.context import REMEDIES, SinkContext, failed
from reconciler.collectors.http import tls_context
from reconciler.collectors.http.connection_errors import HostUnreachable, IncompleteResponse
from reconciler.collectors.http.payload import BadAnswerError
from reconciler.collectors.http.response import Response
from reconciler.collectors.http.sending import SendingClient
from reconciler.config.alarms import SinkSettings
from reconciler.model.deadline import Budget
from reconciler.text import clean

_REMEDIES: Mapping[int, str] = {
    400: "check that url leads to the service that this type of sink expects",
    401: "check the token or secret of the sink",
    403: "check whether its account may write there",
    404: "check url: a hook or topic may have been removed",
    405: "check url: it does not take a POST",
    413: "raise the limit of the server, or send less: set severity, kinds or tags",
}


@dataclass(frozen=True, slots=True)
class PostRequest:
    """A request, and the texts in it that no message may have."""

    url: str
    body: bytes
    content_type: str
    headers: Mapping[str, str]
    secrets: tuple[str, ...] = ()


def post(sink: SinkSettings, request: PostRequest, context: SinkContext) -> None:
    """Post it; raises `SinkError`, or `SourceError` if the CA file cannot be used.

    Redirects are not followed: they would lead the secrets elsewhere.
    """
    trust = tls_context.choose(
        ca_file=sink.ca_file,
        fingerprints=sink.fingerprint,
        verify_tls=sink.verify_tls,
        root=context.root,
        remedies=REMEDIES,
    )
    parts = urlsplit(request.url)
    target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    origin = f"{parts.scheme}://{parts.netloc}"
    with SendingClient(origin, trust, sink.timeout, REMEDIES, Budget(context.deadline)) as client:
        try:
            answer = client.send("POST", target, request.body, request.content_type, request.headers)
        except HostUnreachable as error:
            found = error.problem
            raise failed(sink.name, f"{found.subject}: {found.what}", found.remedy, found.cause) from None
        except IncompleteResponse as error:
            remedy = error.remedy or "it may have arrived; the next run sends it again"
            raise failed(sink.name, f"{client.host}: {error.reason}", remedy, error.cause) from None
        except BadAnswerError as error:
            raise failed(sink.name, f"{client.host}: {error}") from None
    _check(sink, client.host, answer, (*request.secrets, target if target != "/" else ""))


def _check(sink: SinkSettings, host: str, answer: Response, secrets: tuple[str, ...]) -> None:
    if 200 <= answer.status < 300:
        return
    what = f"{host} answers {answer.status} {clean(answer.reason, *secrets)}".strip()
    remedy = _REMEDIES.get(answer.status, "see the log of that server")
    if 300 <= answer.status < 400:
        remedy = "redirects are not followed: set url to the address that it leads to"
    raise failed(sink.name, what, remedy, "request-failed")
