from datetime import timedelta

from reconciler.config.settings import Keep
from reconciler.record.retention import expired
from tests.record.parts import NOON, at, run_of

KEEP = Keep(all=timedelta(days=2), daily=timedelta(days=10))


def ids(*hours: float) -> list[str]:
    return [run_of(at(hour)).id for hour in hours]


def test_young_runs_all_stay():
    assert expired(ids(-47, -46, -1, 0), NOON, KEEP) == set()


def test_of_an_older_day_the_last_run_stays():
    early, late = ids(-75, -74)
    assert expired([late, early], NOON, KEEP) == {early}


def test_the_last_run_of_a_day_that_is_partly_young_is_the_young_one():
    old, young = ids(-48, -47)
    assert expired([old, young], NOON, KEEP) == {old}


def test_nothing_stays_beyond_the_daily_age():
    assert expired(ids(-24 * 10), NOON, KEEP) == set(ids(-24 * 10))
    assert expired(ids(-24 * 10 + 1), NOON, KEEP) == set()


def test_a_run_from_the_future_stays():
    assert expired(ids(5), NOON, KEEP) == set()
