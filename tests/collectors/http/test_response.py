import gzip
import zlib

import pytest

from reconciler.collectors.http import response
from reconciler.collectors.http.connection_errors import IncompleteResponse
from reconciler.collectors.http.payload import BadAnswerError
from reconciler.collectors.http.response import Response, unpack


@pytest.mark.parametrize("encoding", ["gzip", "x-gzip"])
def test_gzip_is_unpacked(encoding):
    assert unpack(gzip.compress(b"[1]"), encoding) == b"[1]"


@pytest.mark.parametrize("encoding", ["", "identity"])
def test_what_is_not_packed_stays(encoding):
    assert unpack(b"[1]", encoding) == b"[1]"


def test_an_empty_body_is_not_packed():
    assert unpack(b"", "gzip") == b""


def test_an_encoding_that_was_not_asked_for():
    with pytest.raises(BadAnswerError, match="has a compression that was not requested"):
        unpack(zlib.compress(b"[1]"), "deflate")


@pytest.mark.parametrize(
    ("packed", "message"),
    [(b"[1]", "is damaged"), (gzip.compress(b"[1]" * 100)[:-4], "breaks off")],
    ids=["damaged", "cut"],
)
def test_broken_gzip(packed, message):
    with pytest.raises(IncompleteResponse, match=message):
        unpack(packed, "gzip")


@pytest.mark.parametrize("more", [gzip.compress(b",2]"), b"garbage"], ids=["a second member", "garbage"])
def test_a_part_of_a_compressed_answer_is_never_taken_for_the_whole(more):
    with pytest.raises(BadAnswerError, match="has more data after its end"):
        unpack(gzip.compress(b"[1]") + more, "gzip")


def test_the_size_after_unpacking_counts(monkeypatch):
    monkeypatch.setattr(response, "MAX_RESPONSE_BYTES", 2**20)
    assert len(unpack(gzip.compress(bytes(2**20)), "gzip")) == 2**20
    with pytest.raises(BadAnswerError, match="the answer is larger than 1 MiB"):
        unpack(gzip.compress(bytes(2**20 + 1)), "gzip")


@pytest.mark.parametrize(
    ("status", "headers", "target"),
    [
        (302, {"location": "/manage"}, "/manage"),
        (301, {}, "elsewhere"),
        (200, {"location": "/"}, None),
        (404, {}, None),
    ],
)
def test_where_a_redirect_leads(status, headers, target):
    assert Response(status, headers, b"").redirect_target == target


@pytest.mark.parametrize(
    ("content", "content_type", "message"),
    [
        (b"<html>", "text/html", "is a web page, not JSON"),
        (b" \n<!doctype html>", "", "is a web page, not JSON"),
        (b"<html>", "application/json", "JSON"),
        (b"{", "application/json", "JSON"),
        (b"", "", "JSON"),
    ],
)
def test_what_cannot_be_parsed_as_json(content, content_type, message):
    answer = Response(200, {"content-type": content_type}, content)
    with pytest.raises(BadAnswerError, match=message):
        answer.json()


def test_json_that_is_declared_as_text_is_json():
    assert Response(200, {"content-type": "text/plain"}, b'{"a":1}').json() == {"a": 1}
