"""Validates answers against facts of the published API schema: tests/contracts/README.md.

Keys are required unless `optional`; numbered keys are written `net[n]`; `closed` forbids others. Types
are held as strictly as real clusters hold them: see `NUMBERS_AS_TEXT`.
"""

import re
from typing import Any

from tests.contracts.facts import Fact

NUMBERS_AS_TEXT = {"vmid", "pid", "cpus", "maxdisk", "cpulimit", "memory", "size", "loadavg", "mhz", "hvm"}
"""Keys whose numbers real clusters are known to send as strings."""
TEXT_AS_NUMBERS = {"value", "pending"}
"""Keys of `/pending` that are strings by schema and, on the wire, numbers where the option is one."""
_INTEGER = re.compile(r"-?\d+")
_NUMBER = re.compile(r"-?\d+(?:\.\d+)?")


def problems(
    value: Any, schema: Fact, *, loose: bool = False, path: str = "data", key: str = ""
) -> list[str]:
    """What is wrong with a value; `loose` lets every number be text and the other way round."""
    kind = schema.get("type")
    if kind == "object":
        return _object(value, schema, loose=loose, path=path)
    if kind == "array":
        if not isinstance(value, list):
            return [f"{path}: {value!r} is no array"]
        items = schema.get("items", {})
        return [
            text
            for number, item in enumerate(value)
            for text in problems(item, items, loose=loose, path=f"{path}[{number}]", key=key)
        ]
    if kind is None or _scalar(value, kind, key, loose=loose):
        return _limits(value, schema, path)
    return [f"{path}: {value!r} is no {kind}"]


def _object(value: Any, schema: Fact, *, loose: bool, path: str) -> list[str]:
    if not isinstance(value, dict):
        return [f"{path}: {value!r} is no object"]
    found = []
    properties = schema.get("properties", {})
    for name, part in properties.items():
        if not part.get("optional") and name not in value:
            found.append(f"{path}: {name} is missing")
    for name, item in value.items():
        part = properties.get(name, properties.get(re.sub(r"\d+$", "[n]", name)))
        if part is not None:
            found += problems(item, part, loose=loose, path=f"{path}.{name}", key=name)
        elif schema.get("closed"):
            found.append(f"{path}: {name} is not in the schema")
    return found


def _scalar(value: Any, kind: str, key: str, *, loose: bool) -> bool:
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    text_allowed = (loose or key in NUMBERS_AS_TEXT) and isinstance(value, str)
    match kind:
        case "boolean":
            return value in (0, 1, "0", "1", "")
        case "integer":
            return (is_number and isinstance(value, int)) or bool(text_allowed and _INTEGER.fullmatch(value))
        case "number":
            return is_number or bool(text_allowed and _NUMBER.fullmatch(value))
        case "string":
            return isinstance(value, str) or loose or (key in TEXT_AS_NUMBERS and is_number)
    return False


def _limits(value: Any, schema: Fact, path: str) -> list[str]:
    if "enum" in schema and value not in schema["enum"]:
        return [f"{path}: {value!r} is none of {schema['enum']}"]
    if isinstance(value, int | float):
        if value < float(schema.get("minimum", value)) or value > float(schema.get("maximum", value)):
            return [f"{path}: {value!r} is out of range"]
    elif isinstance(value, str) and len(value) > schema.get("maxLength", len(value)):
        return [f"{path}: {value!r} is too long"]
    return []


def property_string(text: str, form: Fact) -> list[str]:
    """What is wrong with a property string such as `virtio=BC:…,bridge=vmbr0`."""
    aliases = {name: part["keyAlias"] for name, part in form.items() if "keyAlias" in part}
    default = next((name for name, part in form.items() if part.get("default_key")), None)
    given: set[str] = set()
    found = []
    for number, part in enumerate(text.split(",")):
        name, equals, value = part.partition("=")
        if not equals:
            name, value = default or "", part
            if number:
                found.append(f"{text!r}: {part!r} has no name and is not first")
        if name not in form:
            found.append(f"{text!r}: {name!r} is not in the format")
            continue
        target = form[name].get("alias", name)
        given |= {name, target, aliases.get(name, name)}
        rule = form[target]
        if rule.get("type") == "boolean" and value not in {"0", "1", "on", "off"}:
            found.append(f"{text!r}: {name} is no boolean")
        elif rule.get("type") in {"integer", "number"} and not _NUMBER.fullmatch(value):
            found.append(f"{text!r}: {name} is no number")
        if "enum" in rule and value not in rule["enum"]:
            found.append(f"{text!r}: {value!r} is none of {rule['enum']}")
    found += [
        f"{text!r}: {name} is missing"
        for name, part in form.items()
        if not part.get("optional") and "alias" not in part and name not in given
    ]
    return found
