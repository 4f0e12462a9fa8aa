"""Who did what on a cluster: its task log, and the lines of the cluster log about changed guests.

By hand: `pvesh get /cluster/tasks`, `pvesh get /cluster/log --max 500`. Without `Sys.Audit` (tasks) and
`Sys.Syslog` (log) on `/`, Proxmox VE shows an account only its own entries. A change of a guest's
configuration is a line of the log and no task; only guest and account are read of it: it has the new values.
"""

import re
from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from typing import Any

from reconciler.collectors.http.values import whole_number
from reconciler.collectors.proxmox.connection.api import ProxmoxApi, ProxmoxRequestFailed, rows
from reconciler.model.act import Act, LogEntry
from reconciler.model.value import moment
from reconciler.text import clean

TASKS = "cluster/tasks"
LOG = "cluster/log"

_MOST_LINES = 500
_SKEW = timedelta(minutes=2)
"""So far may the clock of a node be from ours."""

_EVERY_GUEST = "*"
_CREATED, _DELETED, _MOVED = frozenset({"created"}), frozenset({"deleted"}), frozenset({"moved"})
_STARTED, _STOPPED, _CHANGED = frozenset({"started"}), frozenset({"stopped"}), frozenset({"changed"})
_EFFECTS: Mapping[str, frozenset[str]] = {
    **dict.fromkeys(("qmcreate", "qmrestore", "vzcreate", "vzrestore"), _CREATED | {"replaced", "changed"}),
    **dict.fromkeys(("qmclone", "vzclone"), _CREATED),
    **dict.fromkeys(("qmdestroy", "vzdestroy"), _DELETED | {"replaced"}),
    **dict.fromkeys(("qmigrate", "vzmigrate", "hamigrate", "harelocate", "migrateall"), _MOVED),
    **dict.fromkeys(("qmstart", "vzstart", "hastart", "qmresume", "vzresume", "startall"), _STARTED),
    **dict.fromkeys(
        ("qmstop", "vzstop", "hastop", "qmshutdown", "vzshutdown", "qmsuspend", "vzsuspend", "stopall"),
        _STOPPED,
    ),
    **dict.fromkeys(("qmreboot", "vzreboot", "qmreset"), _STARTED | _STOPPED | _CHANGED),
    **dict.fromkeys(("qmconfig", "vzconfig", "resize", "qmmove", "move_volume", "qmtemplate"), _CHANGED),
    **dict.fromkeys(("qmrollback", "vzrollback"), _CHANGED | _STARTED | _STOPPED),
    **dict.fromkeys(("srvreload", "reloadnetworkall"), _CHANGED | _CREATED | _DELETED),
}
"""Type of a task → the changes that it makes. Others (consoles, backups, updates) change no configuration."""
_OF_OTHER_GUESTS = frozenset({"qmclone", "vzclone", "startall", "stopall", "migrateall"})
"""Their id is that of another guest, or none."""
_OF_NODES = frozenset({"srvreload", "reloadnetworkall"})
_UPDATE = re.compile(r"update (?:VM|CT) ([1-9][0-9]{0,9}):")


def read_log(api: ProxmoxApi, _shared: object, since: datetime) -> Iterator[LogEntry]:
    """Yield the tasks that ended after a time, or go on, and the updates of guests.

    A list that is refused has no entries.
    """
    api.begin([TASKS])
    host = api.settings.hosts[0]
    try:
        for row in rows(api.get(TASKS), host, TASKS):
            yield from _of_task(row, since - _SKEW)
    except ProxmoxRequestFailed:
        pass
    try:
        for row in rows(api.get(LOG, max=_MOST_LINES), host, LOG):
            yield from _of_line(row, since - _SKEW)
    except ProxmoxRequestFailed:
        pass


def _of_task(row: Mapping[str, Any], since: datetime) -> Iterator[LogEntry]:
    """Yield the entry of a task that changed something."""
    kind, status = str(row.get("type")), row.get("status")
    effects = _EFFECTS.get(kind)
    failed = isinstance(status, str) and not status.startswith(("OK", "WARNINGS"))
    ended = _time(row, "endtime")
    began = _time(row, "starttime")
    account = _account(row)
    if effects is None or failed or account is None or began is None or (ended or began) < since:
        return
    if ended is None and "endtime" in row:
        return
    identity = str(row.get("id") or "")
    if kind in _OF_NODES:
        node = str(row.get("node") or "")
        subjects = {("node", node), ("node-network", f"{_literal(node)}:*")}
    elif kind in _OF_OTHER_GUESTS or not identity:
        subjects = {("guest", _EVERY_GUEST)}
    else:
        subjects = {("guest", identity), ("ha-resource", f"??:{identity}")}
    act = Act(
        at=began, account=account, what=clean(kind), reference=clean(str(row.get("upid") or "")) or None
    )
    yield LogEntry(act, frozenset(subjects), effects)


def _of_line(row: Mapping[str, Any], since: datetime) -> Iterator[LogEntry]:
    """Yield the entry of a line about a guest that was updated."""
    at, account, text = _time(row, "time"), _account(row), row.get("msg")
    match = _UPDATE.search(text[:200]) if isinstance(text, str) else None
    if match is None or at is None or account is None or at < since:
        return
    act = Act(at=at, account=account, what=match[0].removesuffix(":"))
    yield LogEntry(act, frozenset({("guest", match[1])}), _CHANGED)


def _literal(text: str) -> str:
    """Return a text as a pattern that matches only itself."""
    return re.sub(r"([*?[])", r"[\1]", text)


def _account(row: Mapping[str, Any]) -> str | None:
    user = row.get("user")
    if not isinstance(user, str) or not user.strip():
        return None
    token = row.get("tokenid")
    return clean(f"{user}!{token}" if isinstance(token, str) and token and "!" not in user else user)[:100]


def _time(row: Mapping[str, Any], key: str) -> datetime | None:
    seconds = whole_number(row.get(key))
    if seconds is None or not 0 < seconds < 2**33:
        return None
    return moment(seconds)
