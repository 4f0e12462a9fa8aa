"""What we write holds to the schemas that we print, and what people write is held to theirs."""

import json
from functools import cache
from pathlib import Path

import jsonschema
import pytest
import yaml

from reconciler.kinds import SYSTEMS
from reconciler.lab import Lab
from reconciler.publish.schemas import DIALECT, schemas
from reconciler.site import KINDS as SITE_KINDS
from tests.site_repository import SiteRepository

ROOT = Path(__file__).resolve().parents[2]
SCHEMAS = schemas(SYSTEMS.values(), SITE_KINDS)


@cache
def schema(name):
    return SCHEMAS[name].document()


def errors(name, document):
    validator = jsonschema.Draft202012Validator(schema(name))
    return [f"{error.json_path}: {error.message[:200]}" for error in validator.iter_errors(document)]


@pytest.mark.parametrize("name", SCHEMAS)
def test_every_schema_is_one(name):
    assert schema(name)["$schema"] == DIALECT
    jsonschema.Draft202012Validator.check_schema(schema(name))
    assert schema(name)["title"]


@pytest.fixture(scope="module")
def written(tmp_path_factory):
    """Everything that one run with drift of every sort writes."""
    with pytest.MonkeyPatch.context() as patch, Lab() as lab:
        site = SiteRepository(tmp_path_factory.mktemp("site"), patch)
        site.declare_example()
        site.configure(site.source(lab))
        site.commit()
        site.run("run")
        lab.state.edit_guest(113, memory="16384")
        lab.state.remove_guest(120)
        lab.state.set_node_online("r630-02", online=False)
        assert site.run("run", "--output", "json:drift.json") == 3
        assert site.run("collect", "--output", "live.json") == 3
        return site


@pytest.mark.parametrize("name", ["drift", "snapshot"])
def test_what_we_write_holds_to_its_schema(written, name):
    latest = f"drift-state:reports/latest/{name}.json"
    document = json.loads(
        written.git("show", latest) if name == "drift" else (written.root / "live.json").read_bytes()
    )
    assert errors(name, document) == []
    assert errors(name, {**document, "later": 1}) == [], "a minor version may add keys"
    assert errors(name, {**document, "schema_version": "2.0"})
    if name == "drift":
        assert errors(name, json.loads((written.root / "drift.json").read_bytes())) == []


def test_published_fields_hold_to_the_schema_of_their_kind(written):
    folder = written.root / "public/current/v1/inventory"
    documents = [json.loads(path.read_bytes())["data"] for path in folder.glob("*/pve/*.json")]
    assert {document["kind"] for document in documents} == {kind.name for kind in SYSTEMS["proxmox"].kinds}
    for document in documents:
        if document["fields"] is not None:
            assert errors(document["kind"], document["fields"]) == [], document["key"]


@pytest.mark.parametrize(
    "file", sorted((ROOT / "desired-state/pve").glob("*.yaml")), ids=lambda file: file.stem
)
def test_the_example_holds_to_the_schemas_for_editors(file):
    declared = yaml.load(file.read_text(), Loader=yaml.CSafeLoader)
    declared = {str(identity): fields for identity, fields in declared.items()}
    assert errors(f"desired.{file.stem}", declared) == []
    first = next(iter(declared))
    assert errors(f"desired.{file.stem}", {first: {"mistake": 1}})


def test_the_configuration_holds_to_its_schema():
    settings = yaml.load((ROOT / "config/reconciler.yaml").read_text(), Loader=yaml.CSafeLoader)
    assert errors("config", settings) == []
    assert errors("config", {**settings, "intervall": "5m"})
    assert errors("config", {**settings, "interval": "15months"})
    settings["sources"][0]["token_secret"] = "x${PVE_TOKEN_SECRET}"
    assert errors("config", settings)
