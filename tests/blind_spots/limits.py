"""The limits of what may be declared, from the published schemas: `python -m tests.blind_spots.limits`.

Each value that a schema allows for a key is read as a run reads it, and compared with the others: the one
field that follows the value gets the limits of the key. Where several keys or versions end in one field, it
may have what any of them allows.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from reconciler import files
from reconciler.model.limits import EACH, family
from reconciler.yamlfile.shapes import field_types, member_type
from tests.blind_spots.keys import ApiKey, with_value
from tests.blind_spots.place import Place
from tests.blind_spots.table import SYSTEMS
from tests.contracts.facts import Fact

PACKAGE = Path(__file__).parents[2] / "reconciler" / "collectors"
Steps = tuple[str, ...]
Limits = dict[str, Any]
_PORT: Limits = {"least": 0, "most": 65535}
_FORWARDED: Limits = {"least": 1, "most": 65535}
_VLAN: Limits = {"least": 1, "most": 4094}
_V4: Limits = {"ip": 4}
_V6: Limits = {"ip": 6}
_BY_HAND: dict[str, dict[str, dict[str, Limits]]] = {
    "proxmox": {
        "firewall": {"rules/*/dport": _PORT, "rules/*/sport": _PORT},
        "guest": {
            "cloud_init/ipconfig/*/ip": _V4,
            "cloud_init/ipconfig/*/gw": _V4,
            "cloud_init/ipconfig/*/ip6": _V6,
            "cloud_init/ipconfig/*/gw6": _V6,
            "nics/*/trunks/*": _VLAN,
        },
        "ha-rule": {"type": {"one_of": ["group", "node-affinity", "resource-affinity"]}},
        "node-network": {"cidr": _V4, "cidr6": _V6, "bridge_access": _VLAN, "bridge_vids/*": _VLAN},
        "sdn-vnet": {"subnets/*/gateway": {}, "subnets/*/dhcp_dns_server": {}},
    },
    "unifi": {
        "client-group": {"qos_rate_max_down": {}, "qos_rate_max_up": {}},
        "dpi-group": {f"restrictions/*/qos_rate_max_{way}": {} for way in ("down", "up")},
        "acl-rule": {"destination/ports/*": _PORT, "source/ports/*": _PORT},
        "device": {f"ip_settings/{name}": _V4 for name in ("ip", "netmask", "gateway", "dns1", "dns2")},
        "firewall-policy": {
            "destination/ports/*": _PORT,
            "source/ports/*": _PORT,
            "icmp_type": {},
            "icmp_v6_type": {},
        },
        "network": {
            "vlan": _VLAN,
            **dict.fromkeys(("ip_subnet", "dhcpd_start", "dhcpd_stop", "dhcpd_gateway"), _V4),
            **dict.fromkeys(("ipv6_subnet", "wan_ipv6", "wan_gateway_v6"), _V6),
        },
        "port-forward": {"dst_port/*": _FORWARDED, "fwd_port/*": _FORWARDED},
        "reservation": {"fixed_ip": _V4},
        "static-dns": {"port": _PORT},
        "nat-rule": dict.fromkeys(("port/*", "destination_filter/ports/*", "source_filter/ports/*"), _PORT),
        **{
            kind: {
                "matching_target": {},
                "addresses/*/ports/*": _PORT,
                "domains/*/ports/*": _PORT,
            }
            for kind in ("traffic-route", "traffic-rule")
        },
        "wlan": {"vlan": _VLAN, "wlan_bands/*": {"one_of": ["2g", "5g", "6g"]}},
    },
}
"""Where the schemas have text (ports: RFC 6335, section 6), or are wider or narrower than what is meant: a
network without a tag has VLAN 1, a rate of -1 means unlimited, subnets of SDN may be IPv6, and a group of 8.x
is read as a rule."""
_FORMATS = {"CIDRv4": 4, "CIDRv6": 6, "ipv4": 4, "ipv6": 6, "pve-ipv4-config": 4, "pve-ipv6-config": 6}
_NOT_CONFIG = {"unmodelled", "pending"}
_NUMBERS = {"integer", "number"}
_MOST_BY_PATTERN = 100_000


@dataclass(frozen=True)
class Followed:
    """A field that follows a key: what it becomes of each value of the key."""

    kind: str
    steps: Steps
    place: Place
    key: ApiKey
    becomes: Mapping[Any, Any]

    @property
    def is_number(self) -> bool:
        """Whether the field has the numbers of the key."""
        numbers = [(value, each) for value, each in self.becomes.items() if each is not None]
        return bool(numbers) and all(_number(value) == _number(each) is not None for value, each in numbers)

    @property
    def is_choice(self) -> bool:
        """Whether the field has the texts of the key, or a text of its own for each."""
        found = [each for each in self.becomes.values() if each is not None]
        same = [value for value, each in self.becomes.items() if each is not None and value == each]
        is_told_apart = len(set(found)) == len(found) or len(same) * 2 >= len(found)
        is_text = all(isinstance(each, str) for each in found)
        return is_text and is_told_apart and (len(set(found)) > 1 or bool(same))

    @property
    def choices(self) -> Iterator[str]:
        """The texts that the field may have; those of the key too that are its default, and so not read."""
        for value, each in self.becomes.items():
            yield from filter(None, [each or (value if isinstance(value, str) else None)])


@cache
def limits(system: str) -> dict[str, dict[str, Limits]]:
    """Return kind → field → its limits, of a system."""
    groups: dict[tuple[str, Steps], list[Followed]] = {}
    for each in _followed(SYSTEMS[system]()):
        groups.setdefault((each.kind, each.steps), []).append(each)
    found: dict[str, dict[str, Limits]] = {}
    for (kind, steps), group in sorted(groups.items()):
        made = _limits(group)
        if made:
            found.setdefault(kind, {})["/".join(steps)] = made
    for kind, fields in _BY_HAND.get(system, {}).items():
        known = {**found.get(kind, {}), **fields}
        found[kind] = {path: limit for path, limit in sorted(known.items()) if limit}
    return {kind: fields for kind, fields in found.items() if fields}


def _limits(group: list[Followed]) -> Limits:
    """Return what any of the keys allows that end in one field."""
    numbers = [each.key.fact for each in group if each.is_number and _span(each.key.fact) is not None]
    if numbers:
        enums = [_enum(fact) for fact in numbers]
        if None not in enums:
            return {"one_of": sorted({int(value) for enum in enums for value in enum or ()})}
        return _join([span for fact in numbers if (span := _span(fact)) is not None])
    choices = [each for each in group if each.is_choice]
    versions = {_version(each.key.fact) for each in choices}
    if len(versions) == 1 and None not in versions:
        return {"ip": versions.pop()}
    if not choices or any(_enum(each.key.fact) is None for each in choices):
        return {}
    return {"one_of": sorted({value for each in choices for value in each.choices})}


def _join(spans: list[tuple[float | None, float | None]]) -> Limits:
    least = [low for low, _ in spans]
    most = [high for _, high in spans]
    found = {
        "least": None if None in least else min(low for low in least if low is not None),
        "most": None if None in most else max(high for high in most if high is not None),
    }
    return {name: limit for name, limit in found.items() if limit is not None}


def _followed(places: Iterable[Place]) -> Iterator[Followed]:
    for place in places:
        if not place.of_kind.can_be_declared:
            continue
        for key in place.keys.values():
            rows = {value: row for value in _values(place, key) if (row := _fields(place, key, value))}
            fields = {at for row in rows.values() for at in row if at[0] not in _NOT_CONFIG}
            for at in fields if len(rows) > 1 else ():
                becomes = {value: row.get(at) for value, row in rows.items()}
                if len({repr(each) for each in becomes.values()}) > 1:
                    yield Followed(place.kind, at, place, key, becomes)


def _values(place: Place, key: ApiKey) -> list[Any]:
    """Return the allowed values of a key that can be told apart in a mapping: the ends of its span too."""
    enum, span = _enum(key.fact), _span(key.fact) or ()
    found = enum or [*place.values(key), *(end for end in span if end is not None)]
    return [each for each in found if not isinstance(each, list | dict)]


def _fields(place: Place, key: ApiKey, value: Any) -> dict[Steps, Any]:
    read = place.read(with_value(place.row_of(key), key.steps, value)).resources
    if len(read) != 1:
        return {}
    kind = place.of_kind
    row, _ = kind.split(kind.dump({"": next(iter(read.values()))})[""])
    return dict(_leaves(row, kind.model))


def _leaves(value: Any, shape: Any, at: Steps = ()) -> Iterator[tuple[Steps, Any]]:
    """Yield each scalar of a row by its steps, of which one stands for all entries of a mapping or list."""
    if isinstance(value, dict):
        is_model = field_types(shape) is not None
        for name, each in value.items():
            inner = member_type(shape, name)
            of_models = inner is not None and field_types(inner) is not None
            step = name if is_model else EACH if of_models else family(name)
            yield from _leaves(each, inner, (*at, step))
    elif isinstance(value, list | tuple):
        for each in value:
            yield from _leaves(each, member_type(shape, 0), (*at, EACH))
    else:
        yield at, value


def _scalars(fact: Fact) -> list[Fact]:
    choices = (*fact.get("anyOf", ()), *fact.get("oneOf", ()))
    return [each for each in choices if _types(each) != ["null"]] or [fact]


def _enum(fact: Fact) -> list[Any] | None:
    choices = _scalars(fact)
    return (
        [value for each in choices for value in each["enum"]] if all("enum" in e for e in choices) else None
    )


def _version(fact: Fact) -> int | None:
    """Return the version of the addresses that a key has, if it has only one."""
    found = {_FORMATS.get(each.get("format", "")) for each in _scalars(fact)}
    return found.pop() if len(found) == 1 else None


@cache
def _by_pattern(pattern: str) -> tuple[float | None, float | None] | None:
    allowed = [number for number in range(_MOST_BY_PATTERN) if re.search(pattern, str(number))]
    if not allowed:
        return None
    return allowed[0], None if allowed[-1] == _MOST_BY_PATTERN - 1 else allowed[-1]


def _span(fact: Fact) -> tuple[float | None, float | None] | None:
    """Return the least and the most of a number, from its limits, its values or its pattern."""
    found: list[tuple[float | None, float | None]] = []
    for each in _scalars(fact):
        enum = each.get("enum")
        if enum and all(isinstance(value, int) for value in enum):
            found.append((min(enum), max(enum)))
        elif "minimum" in each or "maximum" in each:
            found.append((each.get("minimum"), each.get("maximum")))
        elif "pattern" in each and _NUMBERS.intersection(_types(each)):
            found += [span] if (span := _by_pattern(f"^(?:{each['pattern']})$")) else []
    joined = _join(found) if found else {}
    return (joined.get("least"), joined.get("most")) if joined else None


def _types(fact: Fact) -> list[str]:
    found = fact.get("type", [])
    return [found] if isinstance(found, str) else list(found)


def _number(value: Any) -> float | None:
    try:
        return None if isinstance(value, bool) else float(value)
    except (TypeError, ValueError):
        return None


if __name__ == "__main__":
    for name in SYSTEMS:
        (PACKAGE / name / "limits.json").write_bytes(files.canonical(limits(name)))
