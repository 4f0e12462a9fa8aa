"""Who changed something on a controller: its events that name an administrator.

By hand: `/api/s/SITE/stat/event`. Newer releases have no such list: their log of administrators is read with
POST, which nothing here sends; then no account is shown.
"""

from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from typing import Any

from reconciler.collectors.http.values import whole_number
from reconciler.collectors.unifi.connection.api import Read, UnifiApi
from reconciler.model.act import Act, LogEntry
from reconciler.model.value import moment
from reconciler.text import clean

EVENTS = Read("classic", "stat/event", query=(("_limit", "200"),))

_SKEW = timedelta(minutes=2)
"""So far may the clock of a controller be from ours."""
_DEVICES = ("ap", "sw", "gw", "dm", "xg")
"""The keys of an event that name the device which it is about, by its MAC address."""


def read_log(api: UnifiApi, _shared: object, since: datetime) -> Iterator[LogEntry]:
    """Yield the events with an administrator after a time; raises `UnifiRequestFailed` without a list."""
    if api.facts.classic is not None:
        return
    for row in api.rows(EVENTS):
        yield from _of_event(row, since - _SKEW)


def _of_event(row: Mapping[str, Any], since: datetime) -> Iterator[LogEntry]:
    milliseconds, admin = whole_number(row.get("time")), row.get("admin")
    if (
        milliseconds is None
        or not 0 < milliseconds < 2**43
        or not isinstance(admin, str)
        or not admin.strip()
    ):
        return
    at = moment(milliseconds // 1000)
    if at < since:
        return
    macs = (row.get(key) for key in _DEVICES)
    devices = [mac.upper().replace("-", ":") for mac in macs if isinstance(mac, str)]
    subjects = {
        (kind, f"{mac}{end}") for mac in devices for kind, end in (("device", ""), ("switch-port", ":*"))
    }
    name, at_sign, _ = admin.partition("@")
    account = clean(f"{name}@…" if at_sign else name)[:100]
    yield LogEntry(
        Act(at=at, account=account, what=clean(str(row.get("key") or "event"))), frozenset(subjects)
    )
