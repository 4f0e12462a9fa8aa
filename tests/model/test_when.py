import time
from datetime import UTC, datetime

import pytest

from reconciler.errors import UsageError
from reconciler.model.when import parse_when

NOW = datetime(2026, 11, 25, 12, 0, tzinfo=UTC)


@pytest.fixture
def zone(monkeypatch):
    def use(name):
        monkeypatch.setenv("TZ", name)
        time.tzset()

    yield use
    monkeypatch.undo()
    time.tzset()


@pytest.mark.parametrize(
    ("text", "utc"),
    [
        ("2026-11-24", "2026-11-23T23:00:00"),
        ("2026-11-24 13:00", "2026-11-24T12:00:00"),
        (" 2026-11-24 ", "2026-11-23T23:00:00"),
        ("2026-11-24 13:00:30", "2026-11-24T12:00:30"),
        ("2026-11-24T13:00", "2026-11-24T12:00:00"),
        ("2026-11-24T13:00:00Z", "2026-11-24T13:00:00"),
        ("2026-11-24T13:00:00z", "2026-11-24T13:00:00"),
        ("2026-11-24 13:00 Z", "2026-11-24T13:00:00"),
        ("2026-11-24T13:00:00+02:00", "2026-11-24T11:00:00"),
        ("2026-11-24 13:00 -05:00", "2026-11-24T18:00:00"),
        ("2026-11-24T13:00:00.5Z", "2026-11-24T13:00:00.500000"),
        ("2026-07-24 13:00", "2026-07-24T11:00:00"),
        ("today", "2026-11-24T23:00:00"),
        ("yesterday", "2026-11-23T23:00:00"),
        ("24h", "2026-11-24T12:00:00"),
        ("15m", "2026-11-25T11:45:00"),
        ("2026-10-25 02:30", "2026-10-25T00:30:00"),  # exists twice: the first counts
    ],
)
def test_a_time_is_in_the_zone_of_the_machine_unless_it_has_one(zone, text, utc):
    zone("Europe/Berlin")
    assert parse_when(text, NOW) == datetime.fromisoformat(utc).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("name", "day", "utc"),
    [
        ("UTC", "2026-11-24", "2026-11-24T23:59:59"),
        ("UTC", "yesterday", "2026-11-24T23:59:59"),
        ("Europe/Berlin", "2026-11-24", "2026-11-24T22:59:59"),
        ("America/New_York", "2026-11-24", "2026-11-25T04:59:59"),
        ("Pacific/Kiritimati", "2026-11-24", "2026-11-24T09:59:59"),
        ("Europe/Berlin", "2026-10-25", "2026-10-25T22:59:59"),
    ],
)
def test_the_end_of_a_day_is_its_last_second(zone, name, day, utc):
    zone(name)
    assert parse_when(day, NOW, end_of_day=True) == datetime.fromisoformat(utc).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    "text",
    [
        *("2026-13-01", "2026-02-30", "2026-11-24 25:00", "2026-11-24 nonsense", "2026-1-1", "0000-01-01"),
        *("9999-12-31", "0001-01-01 00:00", "2026-11-24 \x1b[31m", "2026-11-24T", "2026-11-24  13:00"),
    ],
)
def test_a_time_that_does_not_exist_is_one_line(zone, text):
    zone("Pacific/Kiritimati")
    with pytest.raises(UsageError, match="is not a time; write 2026-11-24") as raised:
        parse_when(text, NOW, end_of_day=True)
    assert str(raised.value).isprintable()


@pytest.mark.parametrize(
    "text", ["", "main", "HEAD~3", "20261123T210500Z-3fa9c1", "v2026-11-24", "latest", "1a2b3c4"]
)
def test_other_texts_are_not_times(text):
    assert parse_when(text, NOW) is None
