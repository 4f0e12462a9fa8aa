"""The entries of `alarms:` in `config/reconciler.yaml`: where alarms go, and which of them."""

import re
from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Annotated, Literal, Self

from pydantic import (
    AfterValidator,
    Field,
    PlainValidator,
    StringConstraints,
    ValidationInfo,
    WithJsonSchema,
    field_validator,
    model_validator,
)

from reconciler.config.base import Name
from reconciler.config.kind_pattern import KindPattern
from reconciler.config.secret import Secret, Username, reference
from reconciler.config.severity import Severity
from reconciler.config.trust import ServerTrust, Timeout

_URL = re.compile(
    r"https?://(?:[A-Za-z0-9_](?:[A-Za-z0-9_.-]*[A-Za-z0-9])?|\[[0-9A-Fa-f:.]+\])(?::\d{1,5})?"
    r"(?P<path>/[A-Za-z0-9._~%!$&'()*+,;=:@/-]*)?(?:\?[A-Za-z0-9._~%!$&'()*+,;=:@/?-]*)?"
)
_TOPIC = re.compile(r"(?:/[A-Za-z0-9._~-]+)*/[A-Za-z0-9_-]{1,64}")
_MAILBOX = re.compile(
    r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@[A-Za-z0-9](?:[A-Za-z0-9.-]{0,250}[A-Za-z0-9])?"
)
_HOST = re.compile(r"[A-Za-z0-9_](?:[A-Za-z0-9_.-]{0,251}[A-Za-z0-9])?|[0-9A-Fa-f:.]*:[0-9A-Fa-f:.]*")
_LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})
_PORTS: Mapping[str, int] = {"starttls": 587, "tls": 465, "none": 25}


def web_url(text: str) -> str:
    """Return an address that can be posted to; raises `ValueError`, which never repeats it."""
    url = text.strip()
    if not _URL.fullmatch(url):
        message = (
            "is not a web address; write scheme, host and path without user or password, as in "
            "https://chat.lan/hooks/abc, or a reference such as ${CHAT_URL}"
        )
        raise ValueError(message)
    return url


def topic_url(text: str) -> str:
    """Return the address of a topic of ntfy; raises `ValueError`, which never repeats it."""
    url = web_url(text).rstrip("/")
    found = _URL.fullmatch(url)
    if found is None or "?" in url or not _TOPIC.fullmatch(found["path"] or ""):
        message = "is not the address of a topic; write it as in https://ntfy.lan/drift"
        raise ValueError(message)
    return url


def _target(value: object, check: Callable[[str], str]) -> str | Secret:
    text = value.strip() if isinstance(value, str) else ""
    return reference(text) or check(text)


def _mailbox(text: str) -> str:
    if not _MAILBOX.fullmatch(text):
        message = "is not an e-mail address; write only the address, as in ops@example.org"
        raise ValueError(message)
    return text


def _host(text: str) -> str:
    if not _HOST.fullmatch(text):
        message = "is not the name or address of a host; write it without a port"
        raise ValueError(message)
    return text


WebUrl = Annotated[
    str | Secret, PlainValidator(lambda value: _target(value, web_url)), WithJsonSchema({"type": "string"})
]
"""A web address, written out or as a reference, because whoever knows it may post there."""

TopicUrl = Annotated[
    str | Secret, PlainValidator(lambda value: _target(value, topic_url)), WithJsonSchema({"type": "string"})
]
"""The address of a topic of ntfy, written out or as a reference: who knows a topic can read it."""

Mailbox = Annotated[str, AfterValidator(_mailbox)]
"""An e-mail address without a name."""

Tag = Annotated[str, StringConstraints(min_length=1, max_length=100)]


class SinkSettings(ServerTrust):
    """The settings that every sink has: its name, what it gets, and how its server is trusted."""

    name: Annotated[Name, Field(description="Name of the sink; its state is stored under this name")]
    type: Annotated[str, Field(description="`webhook`, `email` or `ntfy`")]
    severity: Annotated[
        Severity, Field(description="Minimum severity of causes to send: info, warning or error")
    ] = "warning"
    kinds: Annotated[
        list[KindPattern],
        Field(
            description="Send only findings of these kinds, as source/kind with `*`: `[pve/*, "
            "*/port-forward]`; empty: all"
        ),
    ] = []
    tags: Annotated[
        list[Tag], Field(description="Send only findings of resources with one of these tags; empty: all")
    ] = []
    timeout: Annotated[
        Timeout, Field(description="Timeout of one request; a delivery takes at most 20 s")
    ] = timedelta(seconds=10)


class WebhookSink(SinkSettings):
    """A web address that gets the alarm as JSON (`reconciler schema alarm`)."""

    type: Annotated[Literal["webhook"], Field(description="`webhook`")]
    url: Annotated[WebUrl, Field(description="URL to post to, or a reference `${NAME}`")]
    secret: Annotated[
        Secret | None,
        Field(description="Key of the HMAC-SHA256 in the header `X-Reconciler-Signature-256`"),
    ] = None


class NtfySink(SinkSettings):
    """A topic of an ntfy server."""

    type: Annotated[Literal["ntfy"], Field(description="`ntfy`")]
    url: Annotated[
        TopicUrl,
        Field(description="URL of server and topic: https://ntfy.lan/drift, or a reference `${NAME}`"),
    ]
    token: Annotated[Secret | None, Field(description="Access token")] = None


class EmailSink(SinkSettings):
    """Mailboxes, by SMTP."""

    type: Annotated[Literal["email"], Field(description="`email`")]
    host: Annotated[str, AfterValidator(_host), Field(description="SMTP server")]
    security: Annotated[
        Literal["starttls", "tls", "none"],
        Field(description="starttls: TLS after connecting; tls: TLS from the start; none: clear text"),
    ] = "starttls"
    port: Annotated[
        int | None,
        Field(ge=1, le=65535, description="Port; null: 587 for starttls, 465 for tls, 25 for none"),
    ] = None
    user: Annotated[Username | None, Field(description="User name for the login; null: no login")] = None
    password: Annotated[Secret | None, Field(description="Password of the account")] = None
    sender: Annotated[Mailbox, Field(alias="from", description="From address")]
    to: Annotated[list[Mailbox], Field(min_length=1, max_length=50, description="Recipient addresses")]

    @field_validator("password", mode="after")
    @classmethod
    def _not_in_clear(cls, value: Secret | None, info: ValidationInfo) -> Secret | None:
        if value and info.data.get("security") == "none" and info.data.get("host") not in _LOOPBACK:
            message = "would be sent in clear text; set security to starttls or tls"
            raise ValueError(message)
        return value

    @model_validator(mode="after")
    def _login(self) -> Self:
        if (self.user is None) != (self.password is None):
            message = "user and password belong together; set both, or neither"
            raise ValueError(message)
        return self

    @property
    def connects_to(self) -> int:
        """The port that is connected to."""
        return self.port or _PORTS[self.security]


Sink = WebhookSink | EmailSink | NtfySink

SINKS: Mapping[str, type[Sink]] = {"webhook": WebhookSink, "email": EmailSink, "ntfy": NtfySink}
"""Type → its settings."""
