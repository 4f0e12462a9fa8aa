"""Values for the keys of published schemas: two or more that differ, in the form that the API has them."""

from collections.abc import Mapping
from typing import Any

from tests.blind_spots.keys import ApiKey
from tests.contracts.facts import Fact

_MACS = ["BC:24:11:00:00:01", "BC:24:11:00:00:02"]
_ADDRESSES = ["192.0.2.10", "192.0.2.11"]
_ADDRESSES_6 = ["2001:db8::10", "2001:db8::11"]
_WORDS = ["word", "other"]
_DISKS = ["local:vm-100-disk-0", "local:vm-100-disk-1,backup=0"]

_BY_FORMAT = {
    "CIDR": ["192.0.2.0/24", "192.0.2.0/25"],
    "CIDRv4": ["192.0.2.1/24", "192.0.2.2/24"],
    "CIDRv6": ["2001:db8::1/64", "2001:db8::2/64"],
    "address-list": ["192.0.2.1", "192.0.2.1 192.0.2.2"],
    "lxc-ip-with-ll-iface-list": ["192.0.2.1", "192.0.2.1 192.0.2.2"],
    "date": ["2026-12-01", "2026-12-02"],
    "date-time": ["2026-11-20T10:00:00.000Z", "2026-11-20T11:00:00.000Z"],
    "disk-size": ["8G", "9G"],
    "dns-name": ["web", "web2"],
    "ip-list": ["192.0.2.1", "192.0.2.1,192.0.2.2"],
    "ipv4": _ADDRESSES,
    "ipv4mask": ["24", "25"],
    "ipv6": _ADDRESSES_6,
    "mac-addr": _MACS,
    "mac-prefix": ["BC:24:12", "BC:24:13"],
    "prune-backups": ["keep-last=1", "keep-last=2"],
    "pve-calendar-event": ["mon 02:00", "tue 03:00"],
    "pve-cpuset": ["0", "0-3"],
    "pve-day-of-week-list": ["mon", "mon,tue"],
    "pve-dir-override-list": ["iso=a", "iso=b"],
    "pve-hotplug-features": ["disk", "usb"],
    "pve-iface-list": ["eno1", "eno1 eno2"],
    "pve-ipv4-config": ["192.0.2.5/24", "dhcp", "manual"],
    "pve-ipv6-config": ["2001:db8::5/64", "auto", "dhcp", "manual"],
    "pve-lxc-dev-string": ["/dev/fuse", "/dev/net/tun"],
    "pve-lxc-mp-string": ["/srv", "/mnt"],
    "pve-node": ["a", "b"],
    "pve-node-list": ["a", "a,b"],
    "pve-qemu-sev-fmt": ["std", "es"],
    "pve-qemu-tdx-fmt": ["tdx", "tdx,attestation=0"],
    "pve-qm-boot": ["order=scsi0", "order=net0", "cdn"],
    "pve-qm-bootdisk": ["scsi0", "ide2"],
    "pve-qm-cicustom": ["user=local:snippets/a.yaml", "meta=local:snippets/a.yaml"],
    "pve-qm-hostpci": ["0000:01:00.0", "0000:02:00.0"],
    "pve-qm-ide": ["local:iso/a.iso,media=cdrom", "none,media=cdrom"],
    "pve-qm-ipconfig": ["ip=dhcp", "ip=192.0.2.5/24"],
    "pve-qm-rng": ["/dev/urandom", "/dev/hwrng"],
    "pve-qm-smbios1": [
        "uuid=00000000-0000-4000-8000-000000000001",
        "uuid=00000000-0000-4000-8000-000000000002",
    ],
    "pve-qm-watchdog": ["i6300esb", "ib700"],
    "pve-startup-order": ["order=1", "order=2,up=30"],
    "pve-storage-content-list": ["images", "images,iso"],
    "pve-storage-path": ["/a", "/b"],
    "pve-tag-list": ["a", "a;b"],
    "pve-vlan-id-or-range-list": ["2", "2-4"],
    "pve-vm-cpu-conf": ["host", "x86-64-v2-AES"],
    "pve-vmid": [100, 101],
    "pve-vmid-list": ["100", "100,101"],
    "pve-volume-id": ["local:snippets/a", "local:snippets/b"],
    "pve-volume-id-or-absolute-path": ["local:1", "/srv/1"],
    "pve-volume-id-or-qm-path": ["local:vm-100-disk-0", "none"],
    "backup-fleecing": ["enabled=1", "enabled=1,storage=a"],
    "backup-performance": ["max-workers=2", "max-workers=3"],
    "urlencoded": ["word", "word%20two"],
    "uuid": ["00000000-0000-4000-8000-000000000001", "00000000-0000-4000-8000-000000000002"],
}
"""Format → values, for the formats that are more than a word."""

_MOST = 6
"""Allowed values that are all tried."""
_BY_PATTERN = {
    r"\d{1,2}:\d{1,2}": ["02:00", "03:00"],
    "0[0-7]{3}": ["0644", "0600"],
    "http://.*": ["http://192.0.2.1:3128", "http://192.0.2.2:3128"],
    r"[1-9][0-9]*\/(second|minute|hour|day)": ["2/second", "1/minute"],
    r"(ide|sata|scsi|virtio)\d+": ["scsi0", "ide2"],
    r"wan[2-9]?": ["wan", "wan2"],
    r"wan[2-9]?|both|all": ["wan", "wan2", "both", "all"],
    "^(letsencrypt|other)$": ["letsencrypt", "other"],
    "^(manage|view|hidden)$": ["manage", "view"],
    "^(all|user)$": ["all", "user"],
    "switch": ["switch"],
}


def values(key: ApiKey, *, flags: tuple[Any, Any], given: Mapping[str, list[Any]]) -> list[Any]:
    """Return values of a key, of which no two mean the same.

    `flags` are on and off as the API writes them; `given` are those of keys by their name or the end of it.
    Of a property string one value is enough: its parts are tried one by one.
    """
    above, _, last = key.name.rpartition(".")
    found = given.get(key.name) or given.get(f".{last}" if above else "") or _of_fact(key.fact, flags)
    return found[:1] if "parts" in key.fact else found


def _of_fact(fact: Fact, flags: tuple[Any, Any]) -> list[Any]:
    if "enum" in fact:
        return _some(fact["enum"], fact.get("default"))
    if fact.get("format") in _BY_FORMAT:
        return _BY_FORMAT[fact["format"]]
    if fact.get("pattern") in _BY_PATTERN:
        return _BY_PATTERN[fact["pattern"]]
    choices = (*fact.get("anyOf", ()), *fact.get("oneOf", ()))
    if choices:
        found = [value for each in choices if each.get("type") != "null" for value in _of_fact(each, flags)]
        return list({repr(value): value for value in found}.values())
    kinds = fact.get("type", "string")
    kind = next(each for each in ([kinds] if isinstance(kinds, str) else kinds) if each != "null")
    return _of_type(kind, fact, flags)


def _some(allowed: list[Any], default: Any) -> list[Any]:
    """Return a few of the allowed values, with the default."""
    if len(allowed) <= _MOST:
        return allowed
    return list(dict.fromkeys([*([default] if default in allowed else []), *allowed[:_MOST]]))


def _of_type(kind: str, fact: Fact, flags: tuple[Any, Any]) -> list[Any]:
    match kind:
        case "boolean":
            return list(flags)
        case "integer" | "number":
            return _numbers(fact)
        case "array":
            some = _of_fact(fact.get("items", {}), flags)[:2]
            return [[], some[:1], some]
        case "object":
            return _objects(fact, flags)
    return [word[: fact.get("maxLength", 9)] for word in _WORDS]


def _numbers(fact: Fact) -> list[Any]:
    pattern = fact.get("pattern", "")
    low = max(fact.get("minimum", 0), 0)
    high = fact.get("maximum", low + 9)
    low, high = (2001, 2009) if pattern.startswith("2[0-9]") else (low, high)
    low, high = (10000, 10009) if pattern.startswith("[1-9][0-9]+") else (low, high)
    low, high = (64, 99) if pattern.startswith("6[4-9]") else (low, high)
    found = [
        number for number in (low + 1, low + 2, high) if number != fact.get("default") and number <= high
    ]
    default = [fact["default"]] if "default" in fact else []
    return list(dict.fromkeys([*found[:2], *default]))


def _objects(fact: Fact, flags: tuple[Any, Any]) -> list[Any]:
    """Return objects with their first key at each of two values; the keys below are tried one by one."""
    for name, inner in fact.get("properties", {}).items():
        return [{name: value} for value in _of_fact(inner, flags)[:2]]
    return [{"word": "word"}, {"word": "other"}]
