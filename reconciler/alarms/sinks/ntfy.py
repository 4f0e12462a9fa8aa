"""ntfy: the text as the message, the subject as its title (https://docs.ntfy.sh/publish/).

The headers have only text of ours: the subject in one line, with other characters than those of ASCII encoded
by RFC 2047, as ntfy reads it.
"""

import base64
from collections.abc import Mapping

from reconciler.alarms.rendering import render
from reconciler.alarms.sinks.address import resolve
from reconciler.alarms.sinks.context import SinkContext, subject
from reconciler.alarms.sinks.post import PostRequest, post
from reconciler.config.alarms import NtfySink, topic_url
from reconciler.config.severity import Severity
from reconciler.model.alarm import Alarm
from reconciler.text import visible

MAX_BYTES = 4000
"""Of a message; one of more than 4,096 becomes an attachment."""
_MAX_TITLE = 200

PRIORITIES: Mapping[Severity, str] = {"error": "4", "warning": "3", "info": "2"}
"""1 (min) to 5 (max)."""
TAGS: Mapping[Severity, str] = {"error": "rotating_light", "warning": "warning", "info": "information_source"}
_ALL_WELL = "white_check_mark"


def send(sink: NtfySink, alarm: Alarm, context: SinkContext) -> None:
    """Publish the alarm; raises `ReconcilerError` if it was not taken."""
    url = resolve(sink.name, sink.url, topic_url, context)
    headers = headers_of(alarm)
    secrets: tuple[str, ...] = ()
    if sink.token is not None:
        token = sink.token.resolve(context.environment, subject(sink.name))
        headers["Authorization"] = f"Bearer {token}"
        secrets = (token,)
    body = _cut(render(alarm, "ntfy")).encode()
    post(sink, PostRequest(url, body, "text/plain; charset=utf-8", headers, secrets), context)


def headers_of(alarm: Alarm) -> dict[str, str]:
    """Return the headers that say how the message is shown."""
    headers = {
        "Title": _header(visible(alarm.subject, _MAX_TITLE)),
        "Priority": PRIORITIES[alarm.severity],
        "Tags": _ALL_WELL if _is_good(alarm) else TAGS[alarm.severity],
    }
    if alarm.link is not None:
        headers["Click"] = alarm.link
    return headers


def _is_good(alarm: Alarm) -> bool:
    """Return whether it has only good news."""
    return (
        alarm.kind == "alarm"
        and not alarm.first
        and set(alarm.counts) <= {"resolved"}
        and all(source.status == "complete" for source in alarm.sources)
        and all(step.working for step in alarm.steps)
    )


def _header(text: str) -> str:
    return text if text.isascii() else f"=?UTF-8?B?{base64.b64encode(text.encode()).decode()}?="


def _cut(text: str) -> str:
    """Return as many whole lines as a message may have."""
    if len(text.encode()) <= MAX_BYTES:
        return text or "\n"
    kept, size = list[str](), 0
    for line in text.splitlines():
        size += len(line.encode()) + 1
        if size > MAX_BYTES - 4:
            break
        kept.append(line)
    return "\n".join([*kept, "…"])
