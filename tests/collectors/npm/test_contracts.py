"""Against the published schema of Nginx Proxy Manager: its examples parse, and the lab has its shape."""

import json
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator
from referencing import Registry, Resource
from referencing.jsonschema import DRAFT202012

from reconciler.collectors.http.redaction import without_secrets
from reconciler.collectors.npm import SYSTEM, host
from reconciler.collectors.npm.connection.client import CONFIG
from reconciler.collectors.npm.kinds import proxy_host, redirection_host, stream
from reconciler.collectors.npm.lookups import COMMON, certificate_id
from reconciler.lab import load_site
from reconciler.lab.npm.api import _plus, all_lists

KINDS = {kind.name: kind for kind in SYSTEM.kinds}
SHAPES = {
    "proxy-hosts": "proxy-host-object",
    "redirection-hosts": "redirection-host-object",
    "streams": "stream-object",
    "certificates": "certificate-object",
}


@pytest.fixture(scope="module")
def schemas(contracts) -> Path:
    return contracts / "npm" / "npm-schema-2.15.1"


def validator(schemas: Path, name: str) -> Draft202012Validator:
    def retrieve(uri: str) -> Resource[Any]:
        path = uri.removeprefix("https://npm/")
        return Resource.from_contents(
            json.loads((schemas / path).read_bytes()), default_specification=DRAFT202012
        )

    root = {"$id": f"https://npm/components/{name}.json", **_read(schemas / "components" / f"{name}.json")}
    return Draft202012Validator(root, registry=Registry(retrieve=retrieve))  # type: ignore[call-arg]


def _read(file: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(file.read_bytes())
    return found


@pytest.mark.parametrize("path", SHAPES)
def test_the_lab_answers_in_the_published_shape(schemas, path):
    check = validator(schemas, SHAPES[path])
    rows = all_lists(load_site()["npm"])[path]
    assert rows
    assert [error.message for row in rows for error in check.iter_errors(row)] == []


@pytest.mark.parametrize("section", ["proxy-hosts", "redirection-hosts", "streams", "certificates"])
def test_every_example_of_the_schema_parses(schemas, section):
    text = _read(schemas / "paths" / "nginx" / section / "get.json")
    examples = text["responses"]["200"]["content"]["application/json"]["examples"]
    rows = [row for each in examples.values() for row in each["value"]]
    assert rows
    for row in without_secrets(rows, None, CONFIG.__contains__):
        read = KINDS[section.removesuffix("s")].normalise(
            "x", {**row, "@certificates": {}, "@access_lists": {}}
        )
        assert read.unmodelled == ()
        name = stream._identity(row) or host.first_name(row) or certificate_id(row)
        assert name


@pytest.mark.parametrize(
    ("name", "read", "table"),
    [
        ("proxy-host", proxy_host._FIELDS, proxy_host._NOT_READ),
        ("redirection-host", redirection_host._FIELDS, redirection_host._NOT_READ),
        ("stream", stream._FIELDS, stream._NOT_READ),
    ],
)
def test_every_key_is_read_or_has_a_reason(schemas, name, read, table):
    keys = _read(schemas / "components" / f"{name}-object.json")["properties"]
    assert [key for key in keys if key not in read and key not in table and key not in COMMON] == []


def test_the_lab_answers_as_npmplus_does_too(contracts):
    fields = json.loads((contracts / "npm" / "npmplus-2026-fields.json").read_bytes())
    plus = [_plus("proxy-hosts", row) for row in all_lists(load_site()["npm"])["proxy-hosts"]]
    for row in plus:
        assert set(fields["proxy_host"]["required"]) <= row.keys()
        assert not set(fields["proxy_host"]["absent_vs_NPM"]) & row.keys()
    streams = [_plus("streams", row) for row in all_lists(load_site()["npm"])["streams"]]
    assert all(isinstance(row["incoming_port"], str) for row in streams)
    known = proxy_host._FIELDS | proxy_host._NOT_READ.keys() | COMMON.keys()
    assert [key for key in fields["proxy_host"]["required"] if key not in known] == []
