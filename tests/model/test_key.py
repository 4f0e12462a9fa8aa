import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from reconciler.model.key import Key, KeyText, first_free, slug

HOSTILE = {
    "101": "101",
    "r630-01:vmbr0": "r630-01:vmbr0",
    "aa:bb:cc:dd:ee:ff": "aa:bb:cc:dd:ee:ff",
    "../../etc/x": "~2E.~2F..~2Fetc~2Fx",
    ".hidden": "~2Ehidden",
    "<script>": "~3Cscript~3E",
    "`a|b`": "~60a~7Cb~60",
    "a\x00b\x1b[31m": "a~00b~1B~5B31m",
    "\u202eevil": "~E2~80~AEevil",
    "büro": "b~C3~BCro",
    "~41": "~7E41",
    "": "~",
}


@pytest.mark.parametrize(("text", "expected"), HOSTILE.items())
def test_slug_makes_a_file_name_of_anything(text, expected):
    assert slug(text) == expected


def test_slug_of_a_long_text_is_cut_and_told_apart_by_a_hash():
    one, two = slug("x" * 5000), slug("x" * 4999 + "y")
    assert len(one) == len(two) == 128
    assert one[:120] == two[:120] == "x" * 120
    assert one != two


@given(st.text(st.characters(codec=None)))
def test_slug_stays_one_harmless_segment(text):
    result = slug(text)
    assert result
    assert len(result) <= 128
    assert not result.startswith(".")
    assert set(result) <= set("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._:-~")


@given(st.text(max_size=40), st.text(max_size=40))
def test_different_short_texts_have_different_slugs(one, two):
    assert (
        (slug(one) == slug(two)) == (one == two)
        or max(map(len, (slug(one), slug(two)))) > 120
        or not (one and two)
    )


def test_a_key_prints_and_parses():
    key = Key("pve", "node-network", "r630-01:eno1/odd")
    assert str(key) == "pve/node-network/r630-01:eno1/odd"
    assert Key.parse(str(key)) == key
    assert key.slug == "r630-01:eno1~2Fodd"


@pytest.mark.parametrize("text", ["", "pve", "pve/guest", "pve//101", "/guest/101", "pve/guest/"])
def test_a_text_without_three_parts_is_no_key(text):
    with pytest.raises(ValueError, match="is not a key"):
        Key.parse(text)


def test_a_key_is_text_in_json():
    adapter = TypeAdapter(list[KeyText])
    assert adapter.dump_json([Key("pve", "guest", "101")]) == b'["pve/guest/101"]'
    assert adapter.validate_json(b'["pve/guest/101"]') == [Key("pve", "guest", "101")]
    with pytest.raises(ValidationError):
        adapter.validate_json(b'["101"]')


def test_a_name_that_is_taken_gets_the_first_free_suffix():
    assert first_free("a", {"b"}) == "a"
    assert first_free("a", {"a", "a~2"}, {"a~3": 1}) == "a~4"
