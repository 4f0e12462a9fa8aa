"""Why something cannot be parsed is shown without any value of it."""

import ipaddress
from datetime import datetime

import pytest

from reconciler.collectors.http.payload import refuse_row
from reconciler.model.fields.addresses import canonical_address
from reconciler.model.unread import why_unparsed
from reconciler.model.value import parse_timestamp

EMPTY: dict[str, str] = {}


def why(call):
    with pytest.raises((ValueError, TypeError, LookupError)) as caught:
        call()
    return why_unparsed(caught.value)


@pytest.mark.parametrize(
    "call",
    [
        lambda: int("5ecret"),
        lambda: float("5ecret"),
        lambda: int("5ecret", 16),
        lambda: ipaddress.ip_address("5ecret"),
        lambda: ipaddress.ip_network("5ecret"),
        lambda: datetime.fromisoformat("5ecret"),
        lambda: bytes.fromhex("5ecret"),
        lambda: EMPTY["5ecret"],
        lambda: [*EMPTY].remove("5ecret"),
        lambda: "5ecret".encode("ascii").index(b"x"),
        lambda: dict(zip("5", ["5ecret"], strict=True), **EMPTY)["5ecret"],
    ],
)
def test_the_text_of_an_error_of_python_is_not_shown(call):
    assert why(call).startswith("part of it has an unexpected ")


def test_our_own_text_is_shown():
    def refuse():
        message = "has no name"
        raise ValueError(message)

    def again():
        try:
            refuse()
        except ValueError:
            raise

    assert why(refuse) == why(again) == "has no name"
    assert why(lambda: refuse_row("has two ids")) == "has two ids"
    assert why_unparsed(ValueError("made elsewhere")) == "made elsewhere"
    assert canonical_address("5ecret") is None
    assert why(lambda: parse_timestamp("5ecret")) == "does not match the form of a time: 2026-11-23T21:05:00Z"
