"""What is declared of a guest beyond its configuration, and what is told of it."""

from datetime import UTC, datetime

import pytest

from reconciler.collectors.proxmox.kinds.guest import policy
from reconciler.errors import Problem
from reconciler.model.judgement import Judgement

NO_RIGHTS = Problem("", "its backups could not be read: no rights", cause="unreadable-field")

NOW = datetime(2026, 11, 23, 21, 5, tzinfo=UTC)
ROW: dict[str, object] = {"type": "qemu", "node": "a", "power": "running", "created": "2026-01-01T00:00:00Z"}


def judged(declared, **observed):
    return list(policy.judge(declared, ROW, observed, NOW))


def test_a_guest_may_be_where_its_policy_allows():
    assert judged({"allowed_nodes": ["a", "b"]}) == []
    assert judged({}) == []
    assert judged({"allowed_nodes": ["b", "c"]}) == [
        Judgement("/allowed_nodes", ["b", "c"], "a", "it is on a node that is not allowed")
    ]


@pytest.mark.parametrize(
    ("observed", "expected"),
    [
        ({"newest_backup": "2026-11-23T00:00:00Z"}, []),
        ({"newest_backup": "2026-11-23T00:00:00Z", "backups_unread": "no rights"}, []),
        (
            {"newest_backup": "2026-11-22T18:00:00Z"},
            [
                Judgement(
                    "/backup/max_age",
                    "26h",
                    "2026-11-22T18:00:00Z",
                    "the newest backup is from 2026-11-22T18:00:00Z",
                )
            ],
        ),
        ({}, [Judgement("/backup/max_age", "26h", None, "it has no backup")]),
        (
            {"backups_rejected": "the backup of 2026-11-23T02:30:00Z on pbs failed its verification"},
            [
                Judgement(
                    "/backup/max_age",
                    "26h",
                    None,
                    "it has no backup; the backup of 2026-11-23T02:30:00Z on pbs failed its verification",
                )
            ],
        ),
        (
            {"newest_backup": "2026-11-22T18:00:00Z", "backups_unread": "no rights"},
            [Judgement("/backup/max_age", problem=NO_RIGHTS)],
        ),
    ],
)
def test_a_backup_may_be_as_old_as_declared(observed, expected):
    assert judged({"backup": {"max_age": "26h"}}, **observed) == expected


@pytest.mark.parametrize(
    ("now", "expected"),
    [
        ({}, []),
        ({"node": "b"}, [("moved", "/node")]),
        ({"node": "b", "created": "2026-02-02T00:00:00Z"}, [("replaced", "/created")]),
        ({"created": None}, []),
        ({"type": "lxc", "created": None}, [("replaced", "/type")]),
        ({"type": None, "node": None, "power": None}, []),
        ({"node": "b", "power": "stopped"}, [("moved", "/node"), ("stopped", "/power")]),
    ],
)
def test_what_happened_to_a_guest(now, expected):
    assert list(policy.events(ROW, {**ROW, **now})) == expected


@pytest.mark.parametrize(
    ("meta", "expected"),
    [
        ("creation-qemu=9.0.2,ctime=1700000000", "2023-11-14T22:13:20Z"),
        ("ctime=0", "1970-01-01T00:00:00Z"),
        ("ctime=99999999999999999999", None),
        ("ctime=x", None),
        ("", None),
        (None, None),
    ],
)
def test_when_a_vm_was_made(meta, expected):
    assert policy.created(meta) == expected


@pytest.mark.parametrize(
    ("observed", "expected"),
    [
        ({}, []),
        ({"oldest_snapshot": "2026-11-20T00:00:00Z"}, []),
        (
            {"oldest_snapshot": "2026-11-01T00:00:00Z"},
            [
                Judgement(
                    "/snapshots/max_age",
                    "14d",
                    "2026-11-01T00:00:00Z",
                    "the oldest snapshot is from 2026-11-01T00:00:00Z",
                )
            ],
        ),
        (
            {"snapshots_unread": "500 timeout"},
            [
                Judgement(
                    "/snapshots/max_age",
                    problem=Problem(
                        "", "its snapshots could not be read: 500 timeout", cause="unreadable-field"
                    ),
                )
            ],
        ),
    ],
)
def test_the_oldest_snapshot_is_young_enough(observed, expected):
    assert judged({"snapshots": {"max_age": "14d"}}, **observed) == expected
