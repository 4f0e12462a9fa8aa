"""The chart of findings by day, and lengths of time in words."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler.publish.documents.history_days import HistoryDay
from reconciler.publish.pages.day_chart import FEWEST, HEIGHT, MOVES, STEP, day_chart
from reconciler.publish.pages.history import lasted

COUNTS = st.none() | st.tuples(*[st.integers(0, 10_000)] * 3)


def days_of(counts):
    """Days, newest first; None for one of which nothing is known."""
    return [
        HistoryDay.model_validate(
            dict.fromkeys(HistoryDay.model_fields)
            | {"date": f"2026-{number // 28 + 1:02}-{number % 28 + 1:02}"}
            | ({} if each is None else dict(zip(("open", "opened", "resolved"), each, strict=True)))
        )
        for number, each in reversed(list(enumerate(counts)))
    ]


@given(st.lists(COUNTS, min_size=1, max_size=92))
def test_every_bar_is_within_the_chart(counts):
    days = days_of(counts)
    chart = day_chart(days)
    if all(each is None for each in counts):
        assert chart is None
        return
    assert chart is not None
    assert chart.width == max(FEWEST, len(days)) * STEP
    assert (chart.first, chart.last) == (days[-1].date, days[0].date)
    for bar in chart.bars:
        assert 0 <= bar.x <= chart.width - STEP
        assert bar.y >= 0
        assert bar.y + bar.height <= chart.height
        assert bar.height >= (0 if bar.look == "open" else 2)
    found = {
        look: [bar.height for bar in chart.bars if bar.look == look] for look in ("open", "came", "went")
    }
    known = [each for each in counts if each is not None]
    assert len(found["open"]) == len(known)
    assert len(found["came"]) == sum(bool(each[1]) for each in known)
    assert len(found["went"]) == sum(bool(each[2]) for each in known)
    if chart.most:
        assert max(found["open"]) == HEIGHT
    assert max([*found["came"], *found["went"], 0]) in (0, MOVES)


def test_no_day_is_no_chart():
    assert day_chart([]) is None


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (None, ""),
        (0, "0 seconds"),
        (1, "1 second"),
        (59.9, "59 seconds"),
        (60, "1 minute"),
        (3599, "59 minutes"),
        (3600, "1 hour"),
        (172_799, "47 hours"),
        (172_800, "2 days"),
    ],
)
def test_a_length_of_time_in_its_largest_unit(seconds, words):
    assert lasted(seconds) == words
