"""How a job reports that it ran: under `heartbeat:` and `metrics:`."""

import re
from collections.abc import Mapping
from datetime import timedelta
from pathlib import PurePath
from typing import Annotated, Literal
from urllib.parse import urlsplit

from pydantic import AfterValidator, Field, PlainValidator, WithJsonSchema

from reconciler.config.base import Settings
from reconciler.config.secret import Secret, reference
from reconciler.config.trust import ServerTrust, Timeout
from reconciler.errors import Problem, SourceError

_URL = re.compile(
    r"https?://(?:[A-Za-z0-9_.-]+|\[[0-9A-Fa-f:.]+\])(?::\d{1,5})?/[\w.~%+@:!$&'()*,;=/-]+(?:\?[\w.~%+@:!$&'()*,;=/?-]*)?",
    re.ASCII,
)
_LONGEST = timedelta(minutes=1)
_NOT_A_URL = "is not the URL that pings are sent to; copy it from the check, as in https://hc.lan/ping/UUID"
_SUFFIX = ".prom"

PingProtocol = Literal["healthchecks", "uptime-kuma"]


def ping_url(text: str) -> str:
    """Return the URL of a check; raises `ValueError`, which never repeats it: its path is a secret."""
    url = text.strip()
    try:
        fits = _URL.fullmatch(url) is not None and urlsplit(url).port != 0
    except ValueError:  # a port above 65535
        fits = False
    if not fits:
        raise ValueError(_NOT_A_URL)
    return url


def _url_or_reference(value: object) -> str | Secret:
    if isinstance(value, Secret):
        return value
    if not isinstance(value, str):
        raise ValueError(_NOT_A_URL)  # noqa: TRY004, pydantic shows a ValueError
    return reference(value) or ping_url(value)


PingUrl = Annotated[str | Secret, PlainValidator(_url_or_reference), WithJsonSchema({"type": "string"})]
"""The URL of a check, written out or as a reference to the environment."""


def resolve(url: str | Secret, environment: Mapping[str, str], subject: str) -> str:
    """Return the URL of a check; raises `SourceError` if its variable is not set, or holds no URL."""
    if isinstance(url, str):
        return url
    try:
        return ping_url(url.resolve(environment, subject))
    except ValueError as error:
        what, _, remedy = str(error).partition("; ")
        problem = Problem(subject, f"the environment variable {url.variable} {what}", remedy, "misconfigured")
        raise SourceError(problem) from None


def _short(value: timedelta) -> timedelta:
    if value > _LONGEST:
        message = "is longer than 1m: a finished job would wait that long for a hanging server"
        raise ValueError(message)
    return value


class HeartbeatSettings(ServerTrust):
    """A service that raises an alarm when no ping comes: the only way to notice that nothing runs."""

    url: Annotated[
        PingUrl | None,
        Field(
            description="Ping URL of the check for `run`, or a reference such as ${HEARTBEAT_URL}, because "
            "anyone who has the URL can send pings; null: no pings"
        ),
    ] = None
    publish_url: Annotated[
        PingUrl | None,
        Field(description="Ping URL of another check, for `publish` on a host that only publishes"),
    ] = None
    protocol: Annotated[
        PingProtocol,
        Field(description="healthchecks: start, success and failure; uptime-kuma: a push monitor"),
    ] = "healthchecks"
    timeout: Annotated[
        Timeout,
        AfterValidator(_short),
        Field(description="Timeout of one ping, including all attempts; at most 1m"),
    ] = timedelta(seconds=10)


def _textfile(value: str) -> str:
    path = PurePath(value)
    if path.suffix != _SUFFIX or not value.isprintable() or value.endswith("/"):
        message = f"must end in {_SUFFIX}, since node_exporter reads no other file: reconciler{_SUFFIX}"
        raise ValueError(message)
    return value


class MetricsSettings(Settings):
    """Metrics for Prometheus, written by each run."""

    file: Annotated[
        Annotated[str, AfterValidator(_textfile)] | None,
        Field(
            description="File in the folder of node_exporter's textfile collector, such as "
            "/var/lib/node_exporter/reconciler.prom; null: no metrics"
        ),
    ] = None
