"""Read the facts of the published schemas: the files beside this one, which `extract.py` writes."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

Fact = dict[str, Any]
HERE = Path(__file__).resolve().parent

PROXMOX_8 = "proxmox-8.4.5"
PROXMOX_9 = "proxmox-9.2"
UNIFI_CLASSIC = "unifi-classic-9.5.21"
UNIFI_INTEGRATION_9 = "unifi-integration-9.5.21"
UNIFI_INTEGRATION_10 = "unifi-integration-10.5.66"
NPM = "npm-2.15.1"
NPMPLUS = "npmplus-2026"


@dataclass(frozen=True)
class Contract:
    """One version of one API."""

    source: Mapping[str, str]
    endpoints: Mapping[str, dict[str, Any]]
    config_keys: Mapping[str, Mapping[str, Fact]] = field(default_factory=dict)
    """What can be configured, by kind (`qemu`, `lxc`, `storage` ...) and key; Proxmox VE 9.2 alone."""
    x_keys: tuple[str, ...] = ()
    """Every key of the classic API of UniFi that starts with `x_`, also of endpoints that are not here."""

    def returns(self, endpoint: str) -> Fact:
        """The fact of a whole answer."""
        found: Fact = self.endpoints[endpoint]["returns"]
        return found

    def row(self, endpoint: str) -> Fact:
        """The fact of one row of a list, of a page as well; that of the answer where it is not a list."""
        found = self.returns(endpoint)
        data = found.get("properties", {}).get("data", {})
        found = data if data.get("type") == "array" else found
        row: Fact = found["items"] if found.get("type") == "array" else found
        return row

    def keys(self, endpoint: str) -> dict[str, Fact]:
        """The keys of one row, those of every variant included, and their facts."""
        return properties(self.row(endpoint))


def properties(fact: Fact) -> dict[str, Fact]:
    """The keys of an object, those of every variant included, and their facts."""
    found: dict[str, Fact] = dict(fact.get("properties", {}))
    for variant in fact.get("variants", {}).get("of", {}).values():
        for name, inner in properties(variant).items():
            found[name] = _together(found.get(name, {}), inner)
    return found


def _together(one: Fact, other: Fact) -> Fact:
    """The fact of a key that two variants have: with the keys that either has in it."""
    if not one or not other:
        return other or one
    nested = properties(one), properties(other)
    if not all(nested):
        return other
    names = {**nested[0], **nested[1]}
    return {
        **other,
        "properties": {name: _together(nested[0].get(name, {}), nested[1].get(name, {})) for name in names},
    }


@cache
def load(name: str) -> Contract:
    """The facts of a file, by its name without `.json`; to be read, not changed."""
    found = json.loads((HERE / f"{name}.json").read_bytes())
    return Contract(**{**found, "x_keys": tuple(found.get("x_keys", ()))})


def every_key(fact: Fact, path: str = "") -> Iterator[tuple[str, Fact]]:
    """Every key at any depth, by its path: `port_overrides[].poe_mode`, `net[n].bridge`."""
    for name, inner in {**properties(fact), **fact.get("parts", {})}.items():
        where = f"{path}.{name}" if path else name
        yield where, inner
        yield from every_key(inner, where)
    if "items" in fact:
        yield from every_key(fact["items"], f"{path}[]")
    for choice in (*fact.get("anyOf", ()), *fact.get("oneOf", ())):
        yield from every_key(choice, path)


_SAME = "type default enum minimum maximum minLength maxLength minItems maxItems uniqueItems pattern format"


def json_schema(fact: Fact) -> dict[str, Any]:
    """A fact as JSON Schema, for answers of the APIs of UniFi and of Nginx Proxy Manager."""
    found: dict[str, Any] = {name: fact[name] for name in _SAME.split() if name in fact}
    properties = fact.get("properties", {})
    found["properties"] = {name: json_schema(inner) for name, inner in properties.items()}
    found["required"] = [name for name, inner in properties.items() if not inner.get("optional")]
    if fact.get("closed"):
        found["additionalProperties"] = False
    if "items" in fact:
        found["items"] = json_schema(fact["items"])
    for name in ("anyOf", "oneOf"):
        if name in fact:
            found[name] = [json_schema(each) for each in fact[name]]
    if "variants" in fact:
        key = fact["variants"]["by"]
        found["allOf"] = [
            {"if": {"properties": {key: {"const": value}}, "required": [key]}, "then": json_schema(variant)}
            for value, variant in fact["variants"]["of"].items()
        ]
    return found
