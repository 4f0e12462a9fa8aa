"""Bars: their parts add up, and what lies beyond the limit is a part of its own."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler.publish.pages.bars import LENGTH, bar, size

AMOUNT = st.floats(0, 1e9)


@given(st.lists(AMOUNT, max_size=4), AMOUNT, st.none() | AMOUNT, st.booleans())
def test_parts_follow_each_other_and_add_up(amounts, spare, limit, is_hard):
    scale = sum(amounts) + spare
    made = bar([(each, "running") for each in amounts], scale, limit, is_hard=is_hard)
    end = 0.0
    for part in made.parts:
        assert part.x == pytest.approx(end, abs=0.2)
        assert part.width >= 0
        end = part.x + part.width
    assert end == pytest.approx(LENGTH * sum(amounts) / scale if scale else 0, abs=0.5)
    assert all(0 <= each <= LENGTH for each in (made.limit, made.mark) if each is not None)
    over = sum(part.width for part in made.parts if part.role == "over")
    beyond = max(0, sum(amounts) - limit) if limit is not None and is_hard else 0
    assert over == pytest.approx(LENGTH * beyond / scale if scale else 0, abs=0.5)


@pytest.mark.parametrize(
    ("mib", "text"),
    [
        (0, "0 MiB"),
        (512, "512 MiB"),
        (1024, "1 GiB"),
        (78080, "76.2 GiB"),
        (-2048, "-2 GiB"),
        (3 << 30, "3072 TiB"),
    ],
)
def test_sizes_are_written_as_people_do(mib, text):
    assert size(mib) == text
