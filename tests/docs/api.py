"""`docs/api.md`: the words of `/v1`, a dashboard of three requests, and every document of the table."""

import json
import re
import textwrap
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from reconciler.publish.documents.form import JSON, AnyDocument, Changes, name_of
from reconciler.publish.documents.table import DOCUMENTS
from tests.docs.v1.examples import examples, route_of, steady
from tests.docs.v1.fixed_files import FOLDER
from tests.docs.words import LINE

ENVELOPE = frozenset({"collected_at", "desired_commit", "run_id", "schema_version", "site", "stale_after"})
CHANGES: Mapping[Changes, str] = {
    "run": "Every run writes it again.",
    "content": "It has new bytes only when its content changes.",
    "tool": "It changes only with the version of reconciler.",
    "never": "It never changes.",
}

INTRODUCTION = (Path(__file__).parent / "v1" / "introduction.md").read_text()
"""The part that people write."""


def api(note: str) -> str:
    """Return the page."""
    documents = [each for one in DOCUMENTS for each in _document(one)]
    return "\n".join([f"# The documents of `/v1`\n\n{note}", INTRODUCTION, "## Documents\n", *documents])


def _document(one: AnyDocument) -> Iterator[str]:
    example = steady(route_of(examples()[one.route][0])) if one.route in examples() else one.route
    yield f"### `{one.route}`\n"
    yield _wrapped(f"{one.title}. {CHANGES[one.changes]}") + "\n"
    yield f"```sh\ncurl --compressed http://site.lan{example}\n```\n"
    if one.media_type == JSON and one.body_model is not None:
        schema = json.loads((FOLDER / "schemas" / f"{name_of(one.route)}.json").read_bytes())
        yield from _members(schema, name_of(one.route))


def _members(schema: Mapping[str, Any], name: str) -> Iterator[str]:
    """Yield a table for the content, one for each form that it can have."""
    data = schema["properties"]["data"]
    for form in data.get("anyOf", [data]):
        model = schema["$defs"][form["$ref"].rpartition("/")[2]] if "$ref" in form else form
        rows = [
            f"| `{key}` | {_kind(member, schema)} | {_text(member, schema)} |"
            for key, member in model.get("properties", {}).items()
        ]
        if rows:
            title = (model.get("description") or "").partition("\n")[0]
            yield _wrapped(f"{title} Its schema is `/v1/schemas/{name}`.") + "\n"
            yield "\n".join(["| in `data` | type | meaning |", "|---|---|---|", *rows]) + "\n"


def _kind(member: Mapping[str, Any], schema: Mapping[str, Any]) -> str:
    """Return the JSON type of a member, in words."""
    if "$ref" in member:
        return _kind(schema["$defs"][member["$ref"].rpartition("/")[2]], schema)
    if "anyOf" in member:
        return " or ".join(dict.fromkeys(_kind(each, schema) for each in member["anyOf"]))
    if "enum" in member:
        return "text"
    names = {"string": "text", "array": "list", "boolean": "true or false"}
    kind = str(member.get("type", "any"))
    return names.get(kind, kind)


def _text(member: Mapping[str, Any], schema: Mapping[str, Any]) -> str:
    """Return the description of a member, or of what it is."""
    text = member.get("description")
    if not text and "$ref" in member:
        text = schema["$defs"][member["$ref"].rpartition("/")[2]].get("description")
    return " ".join(str(text or "").split()).replace("|", "\\|")


def _wrapped(prose: str) -> str:
    whole = re.sub(r"`[^`]+`", lambda span: span[0].replace(" ", "\0"), prose)
    lines = textwrap.wrap(whole, LINE, break_long_words=False, break_on_hyphens=False)
    return "\n".join(lines).replace("\0", " ")
