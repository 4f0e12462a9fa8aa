"""The many surface forms of one state: order of lists, of properties, and the JSON type of numbers.

Real clusters answer hashes in random order, and use `1`, `"1"` and `true` interchangeably. With
`Quirks.shuffle(seed)` the lab answers the same state in another form for every seed; `calm()` ends that.
"""

import random
import re
from typing import Any

_LISTS = frozenset({"content", "nodes"})
_TAGS = "tags"
_BOOLEANS = frozenset({
    "active", "autostart", "bridge_vlan_aware", "disable", "enabled", "exists", "hvm", "local", "numa",
    "onboot", "online", "protection", "quorate", "serial", "shared", "template", "unprivileged",
})  # fmt: skip
_NUMBERS = frozenset({
    "balloon", "cores", "cpulimit", "cpus", "maxcpu", "maxdisk", "maxmem", "maxswap", "memory", "mhz",
    "netmask", "prefix", "sockets", "swap", "vlan-id", "vmid",
})  # fmt: skip
_ORDERED = frozenset({"loadavg", "lxc", "map", "options"})
_DEFAULT_KEYS = (
    (re.compile(r"(?:scsi|virtio|sata|ide|unused)\d+|efidisk0|tpmstate0"), "file"),
    (re.compile(r"rootfs|mp\d+"), "volume"),
    (re.compile(r"hostpci\d+|usb\d+"), "host"),
    (re.compile(r"agent"), "enabled"),
    (re.compile(r"cpu"), "cputype"),
    (re.compile(r"machine|vga"), "type"),
    (re.compile(r"dev\d+"), "path"),
    (re.compile(r"(?:net|ipconfig)\d+|features|startup"), ""),
)
_MODEL = re.compile(r"(virtio|e1000e?|vmxnet3|rtl8139)=((?:[0-9A-F]{2}:){5}[0-9A-F]{2})")
_NUMBER = re.compile(r"-?\d+")
_DECIMAL = re.compile(r"-?\d+\.\d+")


class Quirks:
    """The surface form of answers; it may be changed while the lab runs."""

    def __init__(self) -> None:
        self.form = ""
        """Name of the form in force; empty: as the state is written."""

    def shuffle(self, seed: int) -> None:
        """Answer in the form of this seed: the same for the same seed and path."""
        self.form = f"seed {seed}"

    def calm(self) -> None:
        """Answer as the state is written."""
        self.form = ""

    def apply(self, data: Any, path: str) -> Any:
        """Return the data of an answer in the form in force."""
        if not self.form:
            return data
        return _Shuffle(random.Random(f"{self.form} {path}")).value("", data)


class _Shuffle:
    """One shuffled form, drawn from one source of randomness."""

    def __init__(self, source: random.Random) -> None:
        self._random = source

    def value(self, key: str, value: Any) -> Any:
        """Return the value of `key` in another form."""
        if isinstance(value, dict):
            return self._mapping(value)
        if isinstance(value, list):
            return self._list(key, value)
        if isinstance(value, str):
            return self._text(key, value)
        if isinstance(value, bool) or not isinstance(value, int):
            return value
        return self._number(key, value)

    def _mapping(self, value: dict[str, Any]) -> dict[str, Any]:
        rows = {key: self.value(self._slot(value, key), item) for key, item in value.items()}
        keys = list(rows)
        self._random.shuffle(keys)
        return {key: rows[key] for key in keys}

    def _slot(self, row: dict[str, Any], key: str) -> str:
        """Return the key that a value belongs to: in a pending row `{key: net0, value: …}` the named one."""
        named = row.get("key")
        return named if isinstance(named, str) and key in {"value", "pending"} else key

    def _list(self, key: str, value: list[Any]) -> list[Any]:
        if key in _ORDERED:
            return value
        items = [self.value(key, item) for item in value]
        self._random.shuffle(items)
        return items

    def _text(self, key: str, value: str) -> Any:
        if key in _LISTS:
            return ",".join(self._shuffled(value.split(",")))
        if key == _TAGS:
            return self._random.choice(";, ").join(self._shuffled(value.split(";")))
        for pattern, default in _DEFAULT_KEYS:
            if pattern.fullmatch(key):
                return self._properties(value, default)
        if key in _NUMBERS and _NUMBER.fullmatch(value):
            return self._random.choice((value, int(value)))
        if key in _NUMBERS and _DECIMAL.fullmatch(value):
            return self._random.choice((value, float(value)))
        return value

    def _number(self, key: str, value: int) -> Any:
        if key in _BOOLEANS and value in {0, 1}:
            return self._random.choice((value, str(value), bool(value)))
        if key == "delete":
            return value
        return self._random.choice((value, str(value)))

    def _properties(self, text: str, default: str) -> str:
        """Return a property string with its properties in another order.

        The value of the default key stays first if it is bare; with its key it may be anywhere. A network
        device may also be written `model=virtio,macaddr=…`, with its MAC address in lower case.
        """
        parts = text.split(",")
        if "=" not in parts[0]:
            if not default or self._random.random() < 0.5:
                return ",".join([parts[0], *self._shuffled(parts[1:])])
            parts[0] = f"{default}={parts[0]}"
        model = next((found for part in parts if (found := _MODEL.fullmatch(part))), None)
        if model is not None and self._random.random() < 0.5:
            parts.remove(model[0])
            parts += [f"model={model[1]}", f"macaddr={model[2].lower()}"]
        hardware = next((part for part in parts if part.startswith("hwaddr=")), None)
        if hardware is not None and self._random.random() < 0.5:
            parts[parts.index(hardware)] = hardware.lower()
        return ",".join(self._shuffled(parts))

    def _shuffled(self, items: list[str]) -> list[str]:
        return self._random.sample(items, len(items))
