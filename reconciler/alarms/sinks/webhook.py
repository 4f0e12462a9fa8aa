"""Webhook: the alarm as JSON, signed as GitHub and Gitea sign theirs.

`X-Reconciler-Signature-256: sha256=<hex>` is the HMAC-SHA256 (RFC 2104) of the body. `text` has the whole in
one piece, which Mattermost, Rocket.Chat and Slack show.
"""

import hashlib
import hmac

from reconciler import files
from reconciler.alarms.rendering import render
from reconciler.alarms.sinks.address import resolve
from reconciler.alarms.sinks.context import SinkContext, subject
from reconciler.alarms.sinks.post import PostRequest, post
from reconciler.config.alarms import WebhookSink, web_url
from reconciler.model.alarm import Alarm
from reconciler.model.snapshot import SCHEMA_VERSION

SIGNATURE = "X-Reconciler-Signature-256"
EVENT = "X-Reconciler-Event"
DELIVERY = "X-Reconciler-Delivery"


def send(sink: WebhookSink, alarm: Alarm, context: SinkContext) -> None:
    """Post the alarm; raises `ReconcilerError` if it was not taken."""
    url = resolve(sink.name, sink.url, web_url, context)
    body = document(alarm)
    headers: dict[str, str] = {EVENT: alarm.kind}
    if alarm.run_id is not None:
        headers[DELIVERY] = f"{alarm.run_id}-{sink.name}"
    secrets: tuple[str, ...] = ()
    if sink.secret is not None:
        key = sink.secret.resolve(context.environment, subject(sink.name))
        headers[SIGNATURE] = signature(key, body)
        secrets = (key,)
    post(sink, PostRequest(url, body, "application/json", headers, secrets), context)


def document(alarm: Alarm) -> bytes:
    """Return the body: canonical JSON."""
    written = alarm.model_copy(update={"text": render(alarm, "webhook")})
    return files.canonical(
        {"schema_version": SCHEMA_VERSION, **written.model_dump(mode="json", exclude_none=True)}
    )


def signature(key: str, body: bytes) -> str:
    """Return the value of the header."""
    return f"sha256={hmac.new(key.encode(), body, hashlib.sha256).hexdigest()}"
