"""JSON Schemas (2020-12) of the files that people write and of the documents that programs read."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import partial
from typing import Annotated, Any

from pydantic import BaseModel, Field, TypeAdapter

from reconciler.config.alarms import Sink
from reconciler.config.settings import FileSettings
from reconciler.desired import declaration_type
from reconciler.drift.ignore import IgnoreRule
from reconciler.model.alarm import Alarm
from reconciler.model.findings import DriftReport
from reconciler.model.fix import Fix
from reconciler.model.holding import WhoAnswer
from reconciler.model.kind import AnyKind
from reconciler.model.snapshot import SCHEMA_VERSION, Run, Scope
from reconciler.model.system import AnySystem
from reconciler.model.timeline import ChangesAnswer, ResourceAnswer, RunsAnswer
from reconciler.publish.documents.fixed import SCHEMAS
from reconciler.publish.documents.form import name_of
from reconciler.publish.documents.table import DOCUMENTS
from reconciler.report.settled import SettledFinding

DIALECT = "https://json-schema.org/draft/2020-12/schema"
_VERSION = {
    "type": "string",
    "pattern": rf"^{SCHEMA_VERSION.split('.', maxsplit=1)[0]}\.",
    "examples": [SCHEMA_VERSION],
}


@dataclass(frozen=True, slots=True)
class Schema:
    """One schema, made when it is asked for."""

    title: str
    make: Callable[[], dict[str, Any]]

    def document(self) -> dict[str, Any]:
        """Return the schema as a JSON document."""
        return {**self.make(), "$schema": DIALECT, "title": self.title}


def schemas(systems: Iterable[AnySystem], of_site: Iterable[AnyKind]) -> dict[str, Schema]:
    """Return each schema by name: `config`, `ignore`, `snapshot`, `drift`, each kind, `desired.<kind>`.

    `of_site` are the kinds that no system has and that are only declared.

    Files that people write may not have unknown keys; our documents may get more keys within a major version.
    """
    systems = tuple(systems)
    kinds = {kind.name: kind for system in systems for kind in system.kinds}
    ignore_rules = TypeAdapter(list[IgnoreRule])
    found = {
        "config": Schema("config/reconciler.yaml", partial(_config, systems)),
        "ignore": Schema("config/ignore.yaml", ignore_rules.json_schema),
        "snapshot": Schema(
            "A snapshot: collect --output, and a recorded run in one piece",
            partial(_snapshot, kinds.values()),
        ),
        "drift": Schema("A drift report: reports/latest/drift.json", _drift),
        "alarm": Schema("An alarm, as sent to webhooks (docs/alarms.md)", partial(_document, Alarm)),
        "fix": Schema("Fixes of findings: reconciler fix --json", _fixes),
        "history": Schema("The runs: reconciler history --format json", partial(_document, RunsAnswer)),
        "history-key": Schema(
            "The changes of a resource: reconciler history KEY --format json",
            partial(_document, ChangesAnswer),
        ),
        "show": Schema(
            "A resource as recorded: reconciler show KEY --format json", partial(_document, ResourceAnswer)
        ),
        "who": Schema("Who has an address: reconciler who --format json", partial(_document, WhoAnswer)),
    }
    for name, kind in (kinds | {kind.name: kind for kind in of_site}).items():
        found[name] = Schema(f"A {name} as read and published", partial(_kind, kind))
        if kind.declarable:
            title = f"desired-state/<source>/{name}.yaml: id → declared fields"
            found[f"desired.{name}"] = Schema(title, partial(_declared, kind))
    return found


def published_schemas(kinds: Iterable[AnyKind]) -> dict[str, dict[str, Any]]:
    """Return the JSON Schema of each document under `/v1` and of each kind, by its name there.

    Each is complete in itself, and its `$id` is its route.
    """
    found = {
        name_of(document.route): Schema(document.title, partial(_body, document.body_model)).document()
        for document in DOCUMENTS
        if document.body_model is not None
    }
    for kind in kinds:
        found[kind.name] = Schema(f"A {kind.name} as read and published", partial(_kind, kind)).document()
    return {name: {**_untitled(schema), "$id": f"{SCHEMAS}/{name}"} for name, schema in found.items()}


def readable(schema: Any) -> Any:
    """Return a schema, or several, as readers get them: more keys are allowed, properties have no titles."""
    return _untitled(_extensible(schema))


def _body(model: type[BaseModel]) -> dict[str, Any]:
    schema: dict[str, Any] = _extensible(TypeAdapter(model).json_schema(mode="serialization"))
    return schema


def _kind(kind: AnyKind) -> dict[str, Any]:
    schema: dict[str, Any] = _extensible(TypeAdapter(kind.model).json_schema())
    return schema


def _declared(kind: AnyKind) -> dict[str, Any]:
    model: Any = kind.model
    return declaration_type.adapter(model).json_schema()


def _drift() -> dict[str, Any]:
    schema = _document(DriftReport)
    published = TypeAdapter(Fix).json_schema(mode="serialization", ref_template="#/$defs/{model}")
    published["description"] = "How to resolve it; only in published documents"
    schema["$defs"]["Finding"]["properties"]["fix"] = _extensible(published)
    return schema


def _document(model: type[BaseModel]) -> dict[str, Any]:
    schema = TypeAdapter(model).json_schema(mode="serialization")
    schema["properties"]["schema_version"] = _VERSION
    schema["required"] = ["schema_version", *schema["required"]]
    extensible: dict[str, Any] = _extensible(schema)
    return extensible


def _fixes() -> dict[str, Any]:
    schema = TypeAdapter(list[SettledFinding]).json_schema(mode="serialization")
    extensible: dict[str, Any] = _extensible(schema)
    return extensible


def _extensible(schema: Any) -> Any:
    """Return a schema that allows keys which it does not name."""
    if isinstance(schema, dict):
        return {
            name: _extensible(part)
            for name, part in schema.items()
            if (name, part) != ("additionalProperties", False)
        }
    return [_extensible(part) for part in schema] if isinstance(schema, list) else schema


def _untitled(schema: Any) -> Any:
    """Return a schema whose properties have no titles: they only repeat the names."""
    if isinstance(schema, list):
        return [_untitled(part) for part in schema]
    if not isinstance(schema, dict):
        return schema
    found = {name: _untitled(part) for name, part in schema.items()}
    for each in found.get("properties", {}).values():
        if isinstance(each.get("title"), str):
            del each["title"]
    return found


def _config(systems: Iterable[AnySystem]) -> dict[str, Any]:
    schema = TypeAdapter(FileSettings).json_schema()
    entries = []
    for system in systems:
        entry = TypeAdapter(system.settings).json_schema(ref_template="#/$defs/{model}")
        schema.setdefault("$defs", {}).update(entry.pop("$defs", {}))
        entry["properties"]["type"] = {"const": system.name, "description": "System"}
        entries.append(entry)
    schema["properties"]["sources"]["items"] = {"oneOf": entries}
    sinks = TypeAdapter(Annotated[Sink, Field(discriminator="type")]).json_schema(
        ref_template="#/$defs/{model}"
    )
    schema["$defs"].update(sinks.pop("$defs"))
    schema["properties"]["alarms"]["items"] = sinks
    return schema


def _snapshot(kinds: Iterable[AnyKind]) -> dict[str, Any]:
    rows = {}
    definitions: dict[str, Any] = {}
    for kind in kinds:
        schema = kind.adapter.json_schema()
        definitions.update(schema.pop("$defs", {}))
        rows[kind.name] = schema
    facts = {}
    for name, model in (("run", Run), ("scope", Scope)):
        facts[name] = TypeAdapter(model).json_schema(ref_template="#/$defs/{model}", mode="serialization")
        definitions.update(facts[name].pop("$defs", {}))
    schema = {
        "type": "object",
        "required": ["schema_version", "run", "scopes", "resources"],
        "properties": {
            "schema_version": _VERSION,
            "run": facts["run"],
            "scopes": {"type": "array", "items": facts["scope"]},
            "resources": {
                "type": "object",
                "description": "source → kind → id → resource",
                "additionalProperties": {"type": "object", "properties": rows},
            },
        },
        "$defs": definitions,
    }
    extensible: dict[str, Any] = _extensible(schema)
    return extensible
