import pytest

from reconciler.collectors.proxmox import property_string
from reconciler.collectors.proxmox.connection import errors


@pytest.mark.parametrize(
    ("phrase", "text"),
    [
        ("plain", "plain"),
        ("\N{SNOWMAN}", "\N{SNOWMAN}"),
        ("\xe2\x98\x83", "\N{SNOWMAN}"),
        ("\xff", "\xff"),
        (None, ""),
    ],
)
def test_a_reason_phrase_is_text(phrase, text):
    assert errors.phrase(phrase) == text


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("", {}),
        (",a=1,", {"a": "1"}),
        ("local:iso/a=b.iso,media=cdrom", {"file": "local:iso/a=b.iso", "media": "cdrom"}),
        ("file=local:iso/a=b.iso", {"file": "local:iso/a=b.iso"}),
        ("x; y:z", {"file": "x; y:z"}),
    ],
)
def test_property_strings(text, values):
    assert property_string.parse(text, "file") == values


@pytest.mark.parametrize("text", ["a,b", "a=1,a=2", "x,file=y"])
def test_broken_property_strings(text):
    with pytest.raises(ValueError, match="cannot be parsed: an item of the property string"):
        property_string.parse(text, "file")
