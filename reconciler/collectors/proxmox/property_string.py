"""Property strings, `virtio=BC:24:11:00:00:0A,bridge=vmbr0,tag=11`, and the field types made of them.

Items are split at commas; an item without a name is the default key's value. Form and default keys:
`pve-config-key-formats` (schema of `/nodes/{node}/qemu/{vmid}/config`).
"""

import re
from collections.abc import Container, Mapping
from functools import lru_cache
from sys import intern
from typing import Annotated

from pydantic import AfterValidator, BeforeValidator, Field

from reconciler.model.fields import Text
from reconciler.model.pointer import pointer

_FLAGS = {"true": "1", "on": "1", "yes": "1", "false": "0", "off": "0", "no": "0"}
_ITEM = re.compile(r"([A-Za-z][A-Za-z0-9_-]*)=(.*)", re.DOTALL)


def parse(text: str, default_key: str = "") -> dict[str, str]:
    """Return key → value of a property string; raises `ValueError` when a key comes twice."""
    values: dict[str, str] = {}
    for item in text.split(","):
        match = _ITEM.fullmatch(item.strip())
        key, value = (match[1], intern(match[2].strip())) if match else (default_key, intern(item.strip()))
        if not value and not match:
            continue
        if not key or key in values:
            message = "cannot be parsed: an item of the property string has no name, or comes twice"
            raise ValueError(message)
        values[key] = value
    return values


def _canonical(default_key: str) -> AfterValidator:
    @lru_cache(maxsize=1024)
    def canonical(text: str) -> str:
        values = parse(text, default_key)
        first = [values.pop(default_key)] if default_key in values else []
        if "flags" in values:
            values["flags"] = _flags_sorted(values["flags"])
        return ",".join([*first, *(f"{key}={values[key]}" for key in sorted(values))])

    return AfterValidator(canonical)


def _flags_sorted(value: str) -> str:
    return ";".join(sorted(filter(None, re.split(r"[; ]+", value))))


@lru_cache(maxsize=1024)
def _feature(text: str) -> str | None:
    key, _, value = text.strip().partition("=")
    if value.lower() in {"", "1", "on", "yes", "true"}:
        return key or None
    if value.lower() in {"0", "off", "no", "false"}:
        return None
    return f"{key}={_flags_sorted(value)}"


def _comma_list(value: object) -> object:
    return value.split(",") if isinstance(value, str) else value


def _features(values: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(sorted({feature for feature in map(_feature, values) if feature}))


def _boot_order(value: object) -> object:
    if not isinstance(value, str):
        return value
    text = value.strip().removeprefix("order=").removeprefix("legacy=")
    return [device for device in re.split(r"[;,\s]+", text) if device]


def _properties(value: object) -> object:
    found = parse(value) if isinstance(value, str) else value
    if not isinstance(found, dict):
        return found
    return {key: _entry(entry) for key, entry in found.items()}


def _entry(value: object) -> object:
    if isinstance(value, list):  # an API writes some sets as lists
        return ";".join(sorted(map(str, value)))
    return value if value is None else _FLAGS.get(str(value).lower(), value)


def default_key(name: str) -> BeforeValidator:
    """Let the first item of `Properties` stand without its name."""
    return BeforeValidator(lambda value: parse(value, name) if isinstance(value, str) else value)


def at_default(**defaults: object) -> AfterValidator:
    """Take an item of `Properties` at its documented default as absent.

    Dashes in names are written as underscores here.
    """
    known = {name.replace("_", "-"): str(value) for name, value in defaults.items()}
    return AfterValidator(lambda values: without_defaults(values, known))


def without_defaults(values: dict[str, str | None], defaults: Mapping[str, str]) -> dict[str, str | None]:
    """Return the properties, with None for each that is at its default."""
    return {key: None if value == defaults.get(key) else value for key, value in values.items()}


CpuText = Annotated[str, _canonical("cputype"), Field(examples=["host", "x86-64-v2-AES,flags=+aes"])]
MachineText = Annotated[str, _canonical("type"), Field(examples=["q35", "q35,viommu=intel"])]
Features = Annotated[
    tuple[str, ...],
    BeforeValidator(_comma_list),
    AfterValidator(_features),
    Field(
        description="Features allowed to a container: nesting, keyctl, mount=cifs;nfs", examples=[["nesting"]]
    ),
]
BootOrder = Annotated[
    tuple[str, ...],
    BeforeValidator(_boot_order),
    Field(description="Devices in the order they are tried", examples=[["scsi0", "net0"]]),
]
Properties = Annotated[
    dict[str, Text | None],
    BeforeValidator(_properties),
    Field(description="Further properties as the API names and writes them; yes and no are 1 and 0"),
]


def read_properties(
    config: Mapping[str, str], key: str, default_key: str, known: Container[str], unread: dict[str, str]
) -> dict[str, str]:
    """Return the properties of a key that are read; others go to `unread`, by JSON pointer."""
    values = parse(config.get(key, ""), default_key)
    unread |= {pointer(key, name): value for name, value in values.items() if name not in known}
    return {name: value for name, value in values.items() if name in known}
