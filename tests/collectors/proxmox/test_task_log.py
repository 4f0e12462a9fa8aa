"""Who did what on a cluster, from the task log and the cluster log."""

from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest

from reconciler.collectors.proxmox.connection.api import ProxmoxRequestFailed
from reconciler.collectors.proxmox.task_log import LOG, TASKS, read_log

NOW = datetime(2026, 11, 25, 12, 0, tzinfo=UTC)
SECONDS = int(NOW.timestamp())
TASK: dict[str, Any] = {
    "upid": "UPID:r1:1:2:3:qmdestroy:120:root@pam:", "node": "r1", "id": "120", "type": "qmdestroy",
    "user": "root@pam", "status": "OK", "starttime": SECONDS, "endtime": SECONDS + 5,
}  # fmt: skip
LINE: dict[str, Any] = {"time": SECONDS, "user": "ann@pve", "msg": "<ann@pve> update VM 113: -memory 16384"}


class Api:
    """Answers as given; an exception is raised."""

    settings = SimpleNamespace(hosts=("r1:8006",))

    def __init__(self, tasks: Any = (), lines: Any = ()) -> None:
        self._answers = {TASKS: tasks, LOG: lines}

    def begin(self, _paths):
        pass

    def get(self, path, **_params):
        answer = self._answers[path]
        if isinstance(answer, Exception):
            raise answer
        return list(answer) if isinstance(answer, tuple) else answer


def entries(*, tasks=(), lines=(), since=NOW - timedelta(minutes=15)):
    return list(read_log(Api(tasks, lines), None, since))  # type: ignore[arg-type]


def test_a_task_shows_account_type_time_and_upid():
    (entry,) = entries(tasks=(TASK,))
    assert entry.act.model_dump() == {
        "at": "2026-11-25T12:00:00Z", "account": "root@pam", "what": "qmdestroy", "reference": TASK["upid"],
    }  # fmt: skip
    assert entry.effects == {"deleted", "replaced"}
    assert entry.is_about("guest", "120")
    assert entry.is_about("ha-resource", "vm:120")
    assert not entry.is_about("guest", "1200")


def test_a_line_shows_the_guest_and_none_of_its_values():
    (entry,) = entries(lines=(LINE | {"msg": "<ann@pve> update VM 113: -cipassword hunter2 -memory 16384"},))
    assert entry.act.what == "update VM 113"
    assert entry.is_about("guest", "113")
    assert "hunter2" not in repr(entry)
    (entry,) = entries(lines=(LINE | {"msg": "<ann@pve> update CT 105: -memory 512"},))
    assert entry.is_about("guest", "105")


@pytest.mark.parametrize(
    ("change", "count"),
    [
        ({}, 1),
        ({"status": "WARNINGS: 2"}, 1),
        ({"status": "command failed"}, 0),
        ({"status": None, "endtime": None}, 0),
        ({"type": "vncproxy"}, 0),
        ({"type": "vzdump"}, 0),
        ({"type": "no such type"}, 0),
        ({"type": None}, 0),
        ({"user": ""}, 0),
        ({"user": None}, 0),
        ({"user": ["root@pam"]}, 0),
        ({"starttime": "soon"}, 0),
        ({"starttime": -1}, 0),
        ({"starttime": 2**60}, 0),
        ({"starttime": str(SECONDS)}, 1),
        ({"starttime": SECONDS - 7200, "endtime": SECONDS}, 1),
        ({"starttime": SECONDS - 7200, "endtime": SECONDS - 7000}, 0),
        ({"id": None}, 1),
        ({"upid": None}, 1),
        ({"id": {}}, 1),
    ],
)
def test_only_what_can_have_changed_something_counts(change, count):
    assert len(entries(tasks=({**TASK, **change},))) == count


def test_a_task_that_goes_on_counts():
    running = {key: value for key, value in TASK.items() if key not in {"endtime", "status"}}
    assert len(entries(tasks=(running,))) == 1


@pytest.mark.parametrize(
    ("kind", "subjects"),
    [
        ("qmclone", [("guest", "9000")]),
        ("startall", [("guest", "101")]),
        ("srvreload", [("node", "r1"), ("node-network", "r1:vmbr0")]),
    ],
)
def test_a_task_whose_id_is_not_the_guest_is_about_others(kind, subjects):
    (entry,) = entries(tasks=(TASK | {"type": kind},))
    assert all(entry.is_about(*subject) for subject in subjects)
    assert not entry.is_about("node-network", "r10:vmbr0")


def test_a_token_is_an_account():
    (entry,) = entries(tasks=(TASK | {"tokenid": "ci"},))
    assert entry.act.account == "root@pam!ci"


def test_hostile_text_is_one_short_line():
    (entry,) = entries(tasks=(TASK | {"user": "ev\x1b[2Jil\n@pam" + "x" * 500, "upid": "UPID\n:"},))
    assert "\n" not in f"{entry.act}"
    assert "\x1b" not in entry.act.account
    assert len(entry.act.account) <= 100


@pytest.mark.parametrize(
    "refused", [ProxmoxRequestFailed("r1", TASKS, 403, "Permission check failed"), {}, "text", [1], None]
)
def test_what_is_refused_or_odd_leaves_the_other_list(refused):
    assert len(entries(tasks=refused, lines=(LINE,))) == 1
    assert len(entries(tasks=(TASK,), lines=refused)) == 1


@pytest.mark.parametrize(
    "text", ["starting task", "update VM 0:", "update VM x:", "", None, 5, "update VM 113"]
)
def test_other_lines_show_nothing(text):
    assert entries(lines=(LINE | {"msg": text},)) == []
