"""Schemas and OpenAPI under `/v1`: in step with the code, correct by their standards, true of documents."""

import json
import re

import jsonschema
import pytest
from openapi_spec_validator import OpenAPIV31SpecValidator

from reconciler import files
from reconciler.kinds import SYSTEMS
from reconciler.publish.documents.fixed import schema_names
from reconciler.publish.documents.form import JSON, name_of
from reconciler.publish.documents.table import DOCUMENTS
from reconciler.publish.documents.validation import document_of
from reconciler.publish.schemas import DIALECT
from reconciler.site import KINDS as SITE_KINDS
from tests.docs.v1 import fixed_files
from tests.docs.v1.examples import route_of
from tests.docs.v1.openapi import PARAMETERS, openapi
from tests.publish import sites

FOLDER = fixed_files.FOLDER
SCHEMAS = {name: json.loads((FOLDER / "schemas" / f"{name}.json").read_bytes()) for name in schema_names()}
OPENAPI = json.loads((FOLDER / "openapi.json").read_bytes())
KIND_NAMES = {kind.name for system in SYSTEMS.values() for kind in system.kinds} | {
    kind.name for kind in SITE_KINDS
}


def validator(name):
    return jsonschema.Draft202012Validator(SCHEMAS[name])


def test_schemas_are_in_step_with_the_models():
    made = fixed_files.schema_files()
    found = {f"schemas/{file.name}": file.read_bytes() for file in (FOLDER / "schemas").iterdir()}
    assert found == made, "run: make generate"


def test_the_description_is_in_step_with_the_table():
    """Its examples are those of a lab that runs now."""
    assert files.compact(openapi()) == (FOLDER / "openapi.json").read_bytes(), "run: make generate"


@pytest.mark.parametrize("name", SCHEMAS)
def test_a_schema_is_one_and_its_id_is_its_route(name):
    schema = SCHEMAS[name]
    jsonschema.Draft202012Validator.check_schema(schema)
    assert (schema["$schema"], schema["$id"]) == (DIALECT, f"/v1/schemas/{name}")
    assert schema["title"]
    text = json.dumps(schema)
    assert text.count('"$id"') == 1
    assert {reference.split("/")[0] for reference in re.findall(r'"\$ref": "([^"]*)"', text)} <= {"#"}


def test_each_document_and_each_kind_has_a_schema():
    documents = {name_of(each.route) for each in DOCUMENTS if each.body_model is not None}
    assert documents.isdisjoint(KIND_NAMES)
    assert set(SCHEMAS) == documents | KIND_NAMES


@pytest.mark.parametrize("name", ["lab", *(name for name in sites.NAMES if name != "large")])
def test_every_document_matches_its_schema(name):
    tree = sites.lab_tree() if name == "lab" else sites.tree(name)
    for path, data in tree.items():
        document = document_of(path)
        if document is not None and document.body_model is not None:
            errors = validator(name_of(document.route)).iter_errors(json.loads(data))
            assert [f"{path} {error.json_path}: {error.message[:200]}" for error in errors] == []


def test_the_fields_of_every_resource_match_the_schema_of_its_kind(lab_tree):
    seen = set()
    for path, data in lab_tree.items():
        if path.startswith("v1/inventory/") and path.count("/") == 4:
            found = json.loads(data)["data"]
            if found["fields"] is not None:
                seen.add(found["kind"])
                errors = validator(found["kind"]).iter_errors(found["fields"])
                assert [f"{path} {error.json_path}: {error.message[:200]}" for error in errors] == []
    assert len(seen) > 30


def test_a_document_without_a_required_key_does_not_match(lab_tree):
    for name in ("summary", "portmap-joined", "index-resources"):
        body = json.loads(lab_tree[f"v1/{name.replace('-', '/')}.json"])
        for key in SCHEMAS[name]["required"]:
            assert not validator(name).is_valid({each: body[each] for each in body if each != key}), key


def test_the_description_is_openapi():
    OpenAPIV31SpecValidator(OPENAPI).validate()
    assert OPENAPI["openapi"] == "3.1.0"


def test_its_paths_are_those_of_the_tree(lab_tree):
    assert set(OPENAPI["paths"]) == {each.route for each in DOCUMENTS}
    patterns = {
        route: re.compile(re.sub(r"\\{\w+\\}", "[^/]+", re.escape(route))) for route in OPENAPI["paths"]
    }
    routes = [route_of(path) for path in lab_tree if path.startswith("v1/")]
    used = set()
    for route in routes:
        exact = [each for each in patterns if each == route]
        matching = exact or [each for each, pattern in patterns.items() if pattern.fullmatch(route)]
        assert len(matching) == 1, route
        used.update(matching)
    assert used == set(OPENAPI["paths"])


def test_each_operation_has_its_parameters_answers_and_a_true_example():
    components = {"components": OPENAPI["components"]}
    for route, item in OPENAPI["paths"].items():
        operation = item["get"]
        named = [each["name"] for each in operation.get("parameters", [])]
        assert named == re.findall(r"{(\w+)}", route)
        assert {"200", "304", "401", "403", "404", "default"} <= set(operation["responses"])
        ((media_type, content),) = operation["responses"]["200"]["content"].items()
        if media_type == JSON and "$ref" in content["schema"]:
            schema = {**content["schema"], **components}
            jsonschema.Draft202012Validator(schema).validate(content["example"])
    assert {name for item in OPENAPI["paths"].values() for name in _parameters(item)} <= PARAMETERS.keys()


def _parameters(item):
    return [each["name"] for each in item["get"].get("parameters", [])]


def test_the_api_key_is_optional():
    assert OPENAPI["security"] == [{}, {"apiKey": []}]
    assert OPENAPI["components"]["securitySchemes"]["apiKey"]["name"] == "X-API-Key"
