from datetime import timedelta

import pytest

from reconciler.model.findings import ItemChange
from reconciler.report.lines import age, format_value, item_counts, join_ids
from tests.drift import house


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, "none"),
        ("none", '"none"'),
        ("", '""'),
        (" x", '" x"'),
        ("8192", '"8192"'),
        (8192, "8192"),
        (True, "true"),
        ("true", '"true"'),
        ("web1", "web1"),
        (["a", "ü"], '["a", "ü"]'),
        ({"tag": 11}, '{"tag": 11}'),
    ],
)
def test_values_cannot_be_mistaken(value, text):
    assert format_value(value) == text


@pytest.mark.parametrize(
    ("passed", "text"),
    [
        ({"seconds": 0}, "new"),
        ({"seconds": 59}, "59 s"),
        ({"minutes": 5}, "5 min"),
        ({"minutes": 119}, "1 h"),
        ({"hours": 47}, "47 h"),
        ({"days": 2}, "2 d"),
        ({"days": 400}, "400 d"),
        ({"seconds": -5}, "new"),
    ],
)
def test_ages_are_in_the_largest_fitting_unit(passed, text):
    assert age(house.START - timedelta(**passed), house.START) == text


def test_a_few_ids_and_how_many_more():
    assert join_ids(("1", "2"), 2) == "1, 2"
    assert join_ids(("1", "2"), 9) == "1, 2 and 7 more"


def test_the_items_of_a_list_are_counted_by_what_happened_to_them():
    items = [ItemChange(what=what) for what in ("removed", "added", "added")]
    assert item_counts(items) == "2 added, 1 removed"
