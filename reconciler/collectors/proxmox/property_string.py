"""Property strings, `virtio=BC:24:11:00:00:0A,bridge=vmbr0,tag=11`, and the field types made of them.

Items are split at commas; an item without a name is the default key's value. Form and default keys:
`pve-config-key-formats` (schema of `/nodes/{node}/qemu/{vmid}/config`).
"""

import re
from collections.abc import Callable, Container, Mapping
from dataclasses import dataclass
from functools import lru_cache
from sys import intern
from typing import Annotated, Any

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    Field,
    GetCoreSchemaHandler,
    ValidationInfo,
)
from pydantic_core import CoreSchema, core_schema

from reconciler.model.fields.text import Text
from reconciler.model.pointer import pointer
from reconciler.model.value import LIVE

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


def _canonical(default_key: str, **defaults: str) -> AfterValidator:
    known = _dashed(defaults)

    @lru_cache(maxsize=1024)
    def canonical(text: str) -> str | None:
        values = {
            key: value
            for key, each in parse(text, default_key).items()
            if (value := _FLAGS.get(each.lower(), each)) != known.get(key)
        }
        if "flags" in values:
            values["flags"] = as_set(values["flags"])
        first = [values.pop(default_key)] if default_key in values else []
        return ",".join([*first, *(f"{key}={values[key]}" for key in sorted(values))]) or None

    return AfterValidator(canonical)


def _dashed(defaults: Mapping[str, object]) -> dict[str, str]:
    return {name.replace("_", "-"): str(value) for name, value in defaults.items()}


def as_set(text: str) -> str:
    """Return the items of a text with `;` between them as a set."""
    return ";".join(sorted(set(filter(None, re.split(r"[;, ]+", text)))))


@lru_cache(maxsize=1024)
def _feature(text: str) -> str | None:
    key, _, value = text.strip().partition("=")
    if value.lower() in {"", "1", "on", "yes", "true"}:
        return key or None
    if value.lower() in {"0", "off", "no", "false"}:
        return None
    return f"{key}={as_set(value)}"


def _comma_list(value: object) -> object:
    return value.split(",") if isinstance(value, str) else value


@lru_cache(maxsize=1024)
def _features(values: tuple[str, ...]) -> tuple[str, ...]:
    return values and tuple(sorted({feature for feature in map(_feature, values) if feature}))


def _boot_order(value: object) -> object:
    if not isinstance(value, str):
        return value
    text = value.strip().removeprefix("order=").removeprefix("legacy=")
    return [device for device in re.split(r"[;,\s]+", text) if device]


def _properties(value: object) -> object:
    found = parse(value) if isinstance(value, str) else value
    if not isinstance(found, dict) or not found:
        return found
    return {key: _entry(entry) for key, entry in found.items()}


def _entry(value: object) -> object:
    if isinstance(value, list):  # an API writes some sets as lists
        return ";".join(sorted(map(str, value)))
    return value if value is None else _FLAGS.get(str(value).lower(), value)


@dataclass(frozen=True, slots=True)
class Items:
    """The items that a field of `Properties` may have; of a live row, others go to `unmodelled`.

    The first may stand without its name where there is a `default_key`.
    """

    names: frozenset[str]
    default_key: str = ""

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        """Refuse other items."""
        before = core_schema.no_info_before_validator_function(self._parsed, handler(source))
        return core_schema.no_info_after_validator_function(self._known, before)

    def _parsed(self, value: object) -> object:
        return parse(value, self.default_key) if isinstance(value, str) else value

    def _known(self, values: dict[str, str | None]) -> dict[str, str | None]:
        unknown = sorted(values.keys() - self.names)
        if unknown:
            message = f"has {unknown[0]!r}, which is not one of {', '.join(sorted(self.names))}"
            raise ValueError(message)
        return values


def items(names: str, default_key: str = "") -> Items:
    """Return the mark of a field of `Properties` with these items, by their names with a space between."""
    return Items(frozenset(names.split()), default_key)


PRUNE_BACKUPS = items("keep-all keep-daily keep-hourly keep-last keep-monthly keep-weekly keep-yearly")
BANDWIDTH_LIMITS = items("clone default migration move restore")


@lru_cache(maxsize=64)
def items_of(model: type[BaseModel]) -> Mapping[str, Items]:
    """Return the fields of a model that are `Properties` with known items."""
    marks = ((name, mark) for name, field in model.model_fields.items() for mark in field.metadata)
    return {name: mark for name, mark in marks if isinstance(mark, Items)}


def take_unknown(key: str, value: object, items: Items) -> tuple[object, dict[str, Any]]:
    """Return a value without the items that its field does not have, and those, by JSON pointer."""
    try:
        found = parse(value, items.default_key) if isinstance(value, str) else value
    except ValueError:
        return value, {}
    if not isinstance(found, Mapping):
        return value, {}
    unknown = {pointer(key, str(name)): each for name, each in found.items() if name not in items.names}
    return {name: each for name, each in found.items() if name in items.names}, unknown


def known_text(
    config: Mapping[str, str], key: str, default_key: str, known: Container[str], unread: dict[str, str]
) -> str:
    """Return a property string without the items that are not read; those go to `unread`."""
    values = read_properties(config, key, default_key, known, unread)
    first = [values.pop(default_key)] if default_key in values else []
    return ",".join([*first, *(f"{name}={value}" for name, value in values.items())])


def at_default(**defaults: object) -> AfterValidator:
    """Take an item of `Properties` at its documented default as absent.

    Dashes in names are written as underscores here.
    """
    return at_default_named(_dashed(defaults))


def at_default_named(known: Mapping[str, str]) -> AfterValidator:
    """Take an item of `Properties` at its documented default as absent, by its name as it is written."""

    def check(values: dict[str, str | None], info: ValidationInfo) -> dict[str, str | None]:
        return without_defaults(values, known, info)

    return AfterValidator(check)


def without_defaults(
    values: dict[str, str | None], defaults: Mapping[str, str], info: ValidationInfo
) -> dict[str, str | None]:
    """Return the properties without each that is at its default: live it is left out, declared it is None."""
    if not values:
        return values
    found = {key: None if value == defaults.get(key) else value for key, value in values.items()}
    if info.context is LIVE:
        return {key: value for key, value in found.items() if value is not None}
    return found


def spelled(**spellings: Callable[[str], str]) -> AfterValidator:
    """Write some items of `Properties` in their one form; dashes in names are underscores here."""
    known = {name.replace("_", "-"): spelling for name, spelling in spellings.items()}

    def check(values: dict[str, str | None]) -> dict[str, str | None]:
        return values and {
            key: known[key](value) if key in known and value is not None else value
            for key, value in values.items()
        }

    return AfterValidator(check)


CPU_ITEMS = frozenset(
    "cputype flags guest-phys-bits hidden hv-vendor-id level phys-bits reported-model".split()
)
MACHINE_ITEMS = frozenset("aw-bits enable-s3 enable-s4 type viommu".split())
_BOOT = frozenset({"order", "legacy"})
FEATURES = frozenset("force_rw_sys fuse keyctl mknod mount nesting".split())
CpuText = Annotated[
    str,
    _canonical("cputype", cputype="kvm64", hidden="0", reported_model="kvm64"),
    Field(description="CPU type and options (default kvm64)", examples=["host", "x86-64-v2-AES,flags=+aes"]),
]
MachineText = Annotated[
    str,
    _canonical("type", type="pc"),
    Field(description="Machine type and options (default pc)", examples=["q35", "q35,viommu=intel"]),
]
Features = Annotated[
    tuple[str, ...],
    BeforeValidator(_comma_list),
    AfterValidator(_features),
    Field(
        description="Enabled features of a container: nesting, keyctl, mount=cifs;nfs", examples=[["nesting"]]
    ),
]
BootOrder = Annotated[
    tuple[str, ...],
    BeforeValidator(_boot_order),
    Field(description="Boot devices, in order", examples=[["scsi0", "net0"]]),
]
Properties = Annotated[
    dict[str, Text | None],
    BeforeValidator(_properties),
    Field(description="Properties as in the API; yes and no are written as 1 and 0"),
]


def read_properties(
    config: Mapping[str, str], key: str, default_key: str, known: Container[str], unread: dict[str, str]
) -> dict[str, str]:
    """Return the properties of a key that are read; others go to `unread`, by JSON pointer."""
    values = parse(config.get(key, ""), default_key)
    unread |= {pointer(key, name): value for name, value in values.items() if name not in known}
    return {name: value for name, value in values.items() if name in known}


def known_boot(config: Mapping[str, str], unread: dict[str, str]) -> str:
    """Return the boot order without items that are not read; those go to `unread`."""
    known = []
    for item in config["boot"].split(","):
        name, separator, value = item.strip().partition("=")
        if separator and name not in _BOOT:
            unread[pointer("boot", name)] = value
        else:
            known.append(item)
    return ",".join(known)


def known_features(config: Mapping[str, str], unread: dict[str, str]) -> list[str]:
    """Return the features of a container that are known; others go to `unread`."""
    known = []
    for item in config["features"].split(","):
        name, _, value = item.strip().partition("=")
        if name in FEATURES:
            known.append(item)
        elif name:
            unread[pointer("features", name)] = value or "1"
    return known
