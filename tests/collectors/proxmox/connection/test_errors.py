import pytest
from requests import exceptions as requests_errors
from urllib3 import exceptions as urllib3_errors

from reconciler.collectors.proxmox import property_string
from reconciler.collectors.proxmox.connection import errors
from reconciler.text import clean
from tests.collectors.proxmox.lab_site import settings


def under(reason):
    return requests_errors.ConnectionError(urllib3_errors.MaxRetryError(None, "/", reason))  # type: ignore[arg-type]


def test_a_host_that_swallows_packets_is_down():
    found = errors.classify(under(urllib3_errors.ConnectTimeoutError("x")), "a:8006", settings())
    assert isinstance(found, errors.HostUnreachable)
    assert str(found) == "a:8006: no connection in time"


def test_a_connection_that_fails_for_no_told_reason_is_down():
    error = under(urllib3_errors.NewConnectionError(None, "odd"))  # type: ignore[arg-type]
    found = errors.classify(error, "a:8006", settings())
    assert isinstance(found, errors.HostUnreachable)
    assert found.problem.what == "no connection"


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


def test_untrusted_text_is_one_short_line():
    assert clean("a\r\nb\x00\u202ec") == "a b c"
    assert len(clean("x" * 10_000)) < 250


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
