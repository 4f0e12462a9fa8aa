"""Answers that are valid JSON and larger than any site makes them."""

import json

import pytest

from reconciler.collectors.http import payload
from reconciler.collectors.http.payload import BadAnswerError, parse


@pytest.fixture
def small(monkeypatch):
    monkeypatch.setattr(payload, "MAX_VALUES", 200)
    monkeypatch.setattr(payload, "MAX_ROWS", 20)
    monkeypatch.setattr(payload, "MAX_KEYS", 10)


ROW = {f"k{number}": number for number in range(10)}


@pytest.mark.usefixtures("small")
@pytest.mark.parametrize(
    "envelope", [lambda value: value, lambda value: {"data": value}], ids=["bare", "data"]
)
@pytest.mark.parametrize(
    ("value", "message"),
    [
        ([{}] * 20, ""),
        ([{}] * 21, "a list of 21 rows; at most 20"),
        ([ROW], ""),
        (ROW, ""),
        ([{}, ROW | {"more": 1}], "a row of more than 10 keys"),
        (ROW | {"more": 1}, "a row of more than 10 keys"),
        ([[1] * 150, [1] * 100], "more than 200 values"),
        ([[[[] for _ in range(150)]]] * 2, "more than 200 values"),
        (["{" * 250], "more than 200 values"),
    ],
)
def test_more_than_any_site_has_is_refused(value, message, envelope):
    content = json.dumps(envelope(value)).encode()
    if not message:
        assert parse(content) == envelope(value)
        return
    with pytest.raises(BadAnswerError, match=message):
        parse(content)


@pytest.mark.parametrize("leaf", ['"@"', '"é"'])
@pytest.mark.parametrize("depth", [900, 1020, 5000, 100_000])
def test_an_answer_that_is_nested_too_deeply_is_a_bad_answer(leaf, depth):
    with pytest.raises(BadAnswerError, match="nested too deeply"):
        parse(f"{'[' * depth}{leaf}{']' * depth}".encode())
