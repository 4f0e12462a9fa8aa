"""Turn the three dialects of published schemas into one form of facts: names, types and limits, no prose.

A fact is a JSON object. Its members are those of JSON Schema, except that `optional` stands at the key itself
and the keys of a property string stand in `parts`; README.md lists them all.
"""

import re
from collections.abc import Callable, Iterable
from typing import Any

Fact = dict[str, Any]
Resolve = Callable[[str, str], tuple[dict[str, Any], str]]
"""Return the schema that a reference means, and the document it stands in, for (reference, document)."""

ORDER = (
    "type optional default enum minimum maximum minLength maxLength minItems maxItems uniqueItems pattern"
    " format requires default_key alias keyAlias closed parts items anyOf oneOf properties variants"
).split()
LIMITS = ("minimum", "maximum", "minLength", "maxLength", "minItems", "maxItems", "uniqueItems")
LONGEST_PATTERN = 100
"""Longer patterns (of addresses, of lists of ports) are left out."""

_UNLIMITED = 2**31 - 1


def ordered(fact: Fact) -> Fact:
    """The members of a fact in the one order in which they are written, without those that say nothing."""
    return {name: fact[name] for name in ORDER if fact.get(name) is not None and fact[name] is not False}


def number(value: Any) -> Any:
    """A number that is written as text as a number, anything else as it is."""
    if isinstance(value, str) and re.fullmatch(r"-?\d+(\.\d+)?", value):
        return float(value) if "." in value else int(value)
    return value


def default(value: Any, kind: Any) -> Any:
    """A default in the type of its key; None where it is not a value but a sentence."""
    if kind == "boolean":
        return {"yes": 1, "true": 1, "no": 0, "false": 0}.get(str(value).lower(), number(value))
    if kind in {"integer", "number"}:
        found = number(value)
        return None if isinstance(found, str) else found
    return None if isinstance(value, str) and " " in value else value


def limits(schema: dict[str, Any]) -> Fact:
    """The members that are the same in every dialect."""
    found: Fact = {
        name: number(schema[name]) for name in LIMITS if name in schema and schema[name] != _UNLIMITED
    }
    kind = schema.get("type")
    if kind is not None:
        found["type"] = kind
    if "default" in schema:
        found["default"] = default(schema["default"], kind)
    if "enum" in schema:
        is_number = kind in {"integer", "number"}  # of which some are published as text
        found["enum"] = [number(each) if is_number else each for each in schema["enum"] if each is not None]
    if len(schema.get("pattern", "")) in range(1, LONGEST_PATTERN):
        found["pattern"] = schema["pattern"]
    if isinstance(schema.get("format"), str):
        found["format"] = schema["format"]
    return found


# --- Proxmox VE ---------------------------------------------------------------------------------------------


def proxmox(schema: dict[str, Any]) -> Fact:
    """A schema of Proxmox VE: like JSON Schema, with `optional` and with the formats of property strings."""
    found = limits(schema)
    found |= {name: True for name in ("optional", "default_key") if schema.get(name)}
    found |= {name: schema[name] for name in ("alias", "keyAlias", "requires") if name in schema}
    found["closed"] = schema.get("additionalProperties", 1) == 0
    form, written = schema.get("format"), schema.get("typetext", "")
    if isinstance(form, dict):
        found["parts"] = proxmox_keys(form)
    elif form and "=" in written:
        found["parts"] = proxmox_parts(written)
    if "items" in schema:
        found["items"] = proxmox(schema["items"])
    if "properties" in schema:
        found["properties"] = proxmox_keys(schema["properties"])
    return ordered(found)


def proxmox_keys(schemas: dict[str, dict[str, Any]]) -> dict[str, Fact]:
    """The facts of each key, sorted."""
    return {name: proxmox(schemas[name]) for name in sorted(schemas)}


_PART = re.compile(r"(?P<open>\[?,?\[?)(?P<name>[\w-]+)=(?P<close>\]?)(?P<value><[^>]*>|\\d\+)")


def proxmox_parts(written: str) -> dict[str, Fact]:
    """The keys of a format that is published by its name alone: `[[enabled=]<1|0>] [,storage=<storage>]`."""
    found = {}
    for part in _PART.finditer(written):
        bare = bool(part["close"])  # `[name=]VALUE`: the name may be left out
        optional = part["open"].count("[") > bare
        fact: Fact = _written(part["value"].strip("<>")) | {"optional": optional, "default_key": bare}
        found[part["name"]] = ordered(fact)
    return dict(sorted(found.items()))


def _written(text: str) -> Fact:
    if text == "1|0":
        return {"type": "boolean"}
    if text in {"integer", "N", r"\d+"}:
        return {"type": "integer"} | ({} if text == "integer" else {"minimum": 0})
    words = text.split("|")
    allowed = len(words) > 1 and all(re.fullmatch(r"[/a-z][\w/]*", each) for each in words)
    return {"type": "string"} | ({"enum": words} if allowed else {})


# --- OpenAPI: the integration API of UniFi, Nginx Proxy Manager --------------------------------------------


_SIZES = frozenset({"int32", "int64", "double", "float"})


def openapi(
    schema: dict[str, Any], resolve: Resolve, at: str = "", bases: frozenset[str] = frozenset()
) -> Fact:
    """A schema of an OpenAPI document, its references resolved.

    What differs by the value of one key (a discriminator) stands in `variants`, without what all share: the
    `bases`. A variant inherits from several bases, and none of their other variants.
    """
    if "$ref" in schema:
        if schema["$ref"] in bases:
            return {}
        target, where = resolve(schema["$ref"], at)
        return openapi({"@": schema["$ref"], **target}, resolve, where, bases)
    found = limits(schema)
    if found.get("format") in _SIZES:
        del found["format"]
    found["closed"] = schema.get("additionalProperties") is False
    inherited: dict[str, Fact] = {}
    for part in schema.get("allOf", ()):
        fact = _inherited(part, resolve, at, bases)
        inherited |= fact.pop("properties", {})
        found |= fact
    needed = {name for name, fact in inherited.items() if not fact.get("optional")}
    needed |= set(schema.get("required", ()))
    own = {name: openapi(part, resolve, at) for name, part in schema.get("properties", {}).items()}
    properties = {**inherited, **own}
    if properties or needed:
        found["properties"] = {
            name: ordered({**properties.get(name, {}), "optional": name not in needed})
            for name in sorted(properties.keys() | needed)
        }
    if "items" in schema:
        found["items"] = openapi(schema["items"], resolve, at)
    for name in ("anyOf", "oneOf"):
        if name in schema:
            found[name] = [openapi(each, resolve, at) for each in schema[name]]
    if "discriminator" in schema:
        found["variants"] = _variants(schema, resolve, bases | {schema["@"]}, found.get("properties", {}))
    return ordered(found)


def _inherited(part: dict[str, Any], resolve: Resolve, at: str, bases: frozenset[str]) -> Fact:
    """A part of a schema; of another base of a variant only what its own variants share."""
    if not bases or "$ref" not in part or part["$ref"] in bases:
        return openapi(part, resolve, at, bases)
    target, where = resolve(part["$ref"], at)
    shared = {name: value for name, value in target.items() if name != "discriminator"}
    return openapi(shared, resolve, where, bases)


def _variants(
    schema: dict[str, Any], resolve: Resolve, bases: frozenset[str], shared: dict[str, Fact]
) -> dict[str, Any]:
    choice = schema["discriminator"]
    return {
        "by": choice["propertyName"],
        "of": {
            value: _without(openapi({"$ref": target}, resolve, bases=bases), shared)
            for value, target in sorted(choice["mapping"].items())
        },
    }


def _without(variant: Fact, shared: dict[str, Fact]) -> Fact:
    """A variant without the keys of which it only repeats that they are required."""
    keys = variant.pop("properties", {})
    own = {
        name: fact
        for name, fact in keys.items()
        if fact or name not in shared or shared[name].get("optional")
    }
    return ordered({**variant, "properties": own or None})


# --- The classic API of UniFi -------------------------------------------------------------------------------

_WORDS = re.compile(r"[\w.,-]*")
_BYTE = r"([0-9]|[1-9][0-9]|1[0-9]{2}|2[0-4][0-9]|25[0-5])"
_IPV4 = rf"^({_BYTE}\.){{3}}{_BYTE}$"


def classic(schema: dict[str, Any], resolve: Resolve) -> Fact:
    """A schema of the classic API, in which the pattern of a value stands where a description would be."""
    if "oneOf" in schema:  # a reference, or null
        found = classic(next(each for each in schema["oneOf"] if "$ref" in each), resolve)
        return found | {"type": [found["type"], "null"]}
    if "$ref" in schema:
        return classic(resolve(schema["$ref"], "")[0], resolve)
    found = limits(schema)
    found.pop("format", None)  # int64 throughout
    text = schema.get("description", "")
    if "items" in schema:
        items = classic(schema["items"], resolve)
        found["items"] = ordered(items | _allowed(text, items.get("type", "")))
    else:
        found |= _allowed(text, schema.get("type", ""))
    if "properties" in schema:
        needed = schema.get("required", ())
        found["properties"] = {
            name: ordered(classic(part, resolve) | {"optional": name not in needed})
            for name, part in sorted(schema["properties"].items())
        }
    return ordered(found)


def _allowed(text: str, kind: Any) -> Fact:
    """Allowed values where they are words, the pattern where it is short; a sentence is neither."""
    if not text or re.search(r"[a-z] [A-Za-z]|^[A-Z][a-z]+ ", text):
        return {}
    if text.removesuffix("|^$") == _IPV4:
        return {"format": "ipv4"}
    words = [re.sub(r"^\^(.*)\$$", r"\1", each) for each in _alternatives(text)]
    if all(_WORDS.fullmatch(each) for each in words) and len(words) > 1:
        return {"enum": list(_typed(words, kind))}
    return {"pattern": text} if len(text) < LONGEST_PATTERN else {}


def _alternatives(text: str) -> list[str]:
    whole = re.fullmatch(r"\^\(([^()]*)\)\$", text)
    return (whole[1] if whole else text).split("|")


def _typed(words: Iterable[str], kind: Any) -> Iterable[Any]:
    is_number = "integer" in kind or "number" in kind
    return dict.fromkeys(number(each) if is_number else each for each in words if each or not is_number)


# --- NPMplus ------------------------------------------------------------------------------------------------


def npmplus(summary: dict[str, Any]) -> dict[str, Fact]:
    """The keys of a list of NPMplus, of a summary which names those that are required and types of some."""
    found: dict[str, Fact] = {name: {} for name in summary.get("required", ())}
    for path, words in summary.get("types", {}).items():
        name, _, inner = path.partition("[].")
        if inner:
            items = found.setdefault(name, {}).setdefault("items", {"type": "object", "properties": {}})
            items["properties"][inner] = ordered(_summary(words) | {"optional": True})
            found[name]["type"] = "array"
        else:
            optional = name not in summary.get("required", (name,))
            found[name] = ordered(_summary(words) | {"optional": optional})
    return {name: ordered(found[name]) for name in sorted(found)}


def _summary(words: str | list[str]) -> Fact:
    if isinstance(words, list):
        return {"type": "string", "enum": words}
    if words.startswith("int[]"):
        return {"type": "array", "items": {"type": "integer"}}
    kind = {"bool": "boolean", "int": "integer"}.get(
        re.split(r"\W", words)[0].lower(), re.split(r"\W", words)[0].lower()
    )
    found: Fact = {"type": [kind, "null"] if words.endswith("or null") else kind}
    between = re.search(r"(\d+)-(\d+)", words)
    if between:
        found |= {"minimum": int(between[1]), "maximum": int(between[2])}
    if re.fullmatch(r"int \d(\|\d)+", words):
        found["enum"] = [int(each) for each in words.removeprefix("int ").split("|")]
    return found
