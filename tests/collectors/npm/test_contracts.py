"""What Nginx Proxy Manager publishes of its answers (tests/contracts) is read, and the lab has its shape."""

from typing import Any

import pytest
from jsonschema import Draft202012Validator

from reconciler.collectors.http.redaction import without_secrets
from reconciler.collectors.ignored_fields import ignored_fields
from reconciler.collectors.npm import SYSTEM, host
from reconciler.collectors.npm.connection.client import SECRETS
from reconciler.collectors.npm.kinds import access_list, dead_host, proxy_host, redirection_host, stream
from reconciler.collectors.npm.lookups import certificate_id, name_of
from reconciler.lab import load_site
from reconciler.lab.npm.api import _plus, all_lists
from tests.collectors.raws import normalise
from tests.contracts import facts, samples

KINDS = {kind.name: kind for kind in SYSTEM.kinds}
LISTS = ["proxy-hosts", "redirection-hosts", "dead-hosts", "streams", "access-lists", "certificates"]

CONTRACT = facts.load(facts.NPM)


@pytest.mark.parametrize("path", LISTS)
def test_the_lab_answers_in_the_published_shape(path):
    check = Draft202012Validator(facts.json_schema(CONTRACT.returns(f"/api/nginx/{path}")))
    rows = all_lists(load_site()["npm"])[path]
    assert rows
    assert [error.message for error in check.iter_errors(rows)] == []


@pytest.mark.parametrize("path", LISTS)
def test_every_row_that_the_schema_allows_parses(path):
    """With every key and value that is named there, and without what may be absent."""
    published = CONTRACT.returns(f"/api/nginx/{path}")
    rows = list(samples.rows(published["items"]))
    assert len(rows) > 5
    assert Draft202012Validator(facts.json_schema(published)).is_valid(rows)
    for row in without_secrets(rows, None, SECRETS.__contains__):
        names: dict[str, Any] = {"certificates": {}, "access_lists": {}}
        read = normalise(KINDS[path.removesuffix("s")], "x", row, names)
        assert not read.unmodelled
        name = stream._identity(row) or host.first_name(row) or certificate_id(row) or name_of(row)
        assert name


@pytest.mark.parametrize(
    ("name", "read"),
    [
        ("proxy-host", proxy_host._FIELDS),
        ("redirection-host", redirection_host._FIELDS),
        ("dead-host", dead_host._FIELDS),
        ("stream", stream._FIELDS),
        ("access-list", access_list._FIELDS),
    ],
)
def test_every_key_is_read_or_has_a_reason(name, read):
    row = samples.row(CONTRACT.row(f"/api/nginx/{name}s"))
    assert ignored_fields("npm", name).names_only(row, read) == {}


def test_the_lab_answers_as_npmplus_does_too():
    plus_contract = facts.load(facts.NPMPLUS)
    path = "/api/nginx/proxy-hosts"
    required = {name for name, fact in plus_contract.keys(path).items() if not fact.get("optional")}
    plus = [_plus("proxy-hosts", row) for row in all_lists(load_site()["npm"])["proxy-hosts"]]
    for row in plus:
        assert required <= row.keys()
        assert not set(plus_contract.endpoints[path]["absent"]) & row.keys()
    streams = [_plus("streams", row) for row in all_lists(load_site()["npm"])["streams"]]
    assert all(isinstance(row["incoming_port"], str) for row in streams)
    row = dict.fromkeys(required, "x")
    assert ignored_fields("npm", "proxy-host").names_only(row, proxy_host._FIELDS) == {"/locations": None}
