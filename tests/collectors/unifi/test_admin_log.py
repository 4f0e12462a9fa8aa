"""Who changed something on a controller, from its events."""

from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest

from reconciler.collectors.unifi.admin_log import read_log

NOW = datetime(2026, 11, 25, 12, 0, tzinfo=UTC)
EVENT: dict[str, Any] = {
    "key": "EVT_SW_RestartedByAdmin", "time": int(NOW.timestamp()) * 1000, "admin": "ann",
    "sw": "74:ac:b9:00:00:02",
}  # fmt: skip


def entries(*rows, since=NOW - timedelta(minutes=15), classic=None):
    api = SimpleNamespace(facts=SimpleNamespace(classic=classic), rows=lambda _read: list(rows))
    return list(read_log(api, None, since))


def test_an_event_with_an_administrator():
    (entry,) = entries(EVENT)
    assert entry.act.model_dump(exclude_none=True) == {
        "at": "2026-11-25T12:00:00Z", "account": "ann", "what": "EVT_SW_RestartedByAdmin",
    }  # fmt: skip
    assert entry.is_about("device", "74:AC:B9:00:00:02")
    assert entry.is_about("switch-port", "74:AC:B9:00:00:02:1")
    assert not entry.is_about("device", "74:AC:B9:00:00:03")


def test_an_event_of_the_whole_site_names_nothing():
    (entry,) = entries({key: value for key, value in EVENT.items() if key != "sw"})
    assert entry.subjects == frozenset()


def test_an_address_is_not_kept():
    (entry,) = entries(EVENT | {"admin": "ann@example.org"})
    assert entry.act.account == "ann@…"


@pytest.mark.parametrize(
    "change",
    [
        {"admin": None}, {"admin": ""}, {"admin": 5}, {"time": None}, {"time": "x"}, {"time": -5},
        {"time": 2**60}, {"time": int((NOW - timedelta(hours=1)).timestamp()) * 1000},
    ],
)  # fmt: skip
def test_other_events_show_nothing(change):
    assert entries(EVENT | change) == []


def test_a_key_of_the_integration_api_reads_none():
    assert entries(EVENT, classic=ValueError()) == []
