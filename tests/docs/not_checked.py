"""`docs/not-checked.md`: the keys of each API that are left out on purpose, from their tables."""

from collections.abc import Mapping

from reconciler.collectors.ignored_fields import EVERY_KIND, read_table, shows_elsewhere
from reconciler.kinds import SYSTEMS

_INTRODUCTION = """\
Every API key is read by a field, left out on purpose, or unknown. Unknown keys are recorded by name
and, with `fingerprint_key`, with a keyed fingerprint of the value; a change is an
[event](glossary.md). Keys that are left out on purpose are listed in
`reconciler/collectors/<system>/ignored_fields.yaml`, each with its reason. Changes of most of them
show in another field: tests change each key and check the field that its reason names. This page
lists the other keys, whose changes are not detected.

`[n]` stands for a number and `x_*` for every key that starts with `x_`. `locations[].id` is a key
in the items of a list; `locations[path].id` also names the key that identifies an item.
"""

_NOT_READ = """\
## Not read at all

No request reads these, so changes go unnoticed.

| system | configuration | at |
|---|---|---|
| proxmox | custom CPU models, corosync, QDevice | `/nodes/NODE/capabilities/qemu`, `/cluster/config` |
| proxmox | SDN DNS and IPAM | `/cluster/sdn/dns`, `/cluster/sdn/ipams` |
| proxmox | ACME accounts, node certificates | `/cluster/acme`, `/nodes/NODE/certificates` |
| proxmox | package repositories and updates of nodes | `/nodes/NODE/apt` |
| proxmox | Ceph except its health: pools, monitors, OSDs | `/nodes/NODE/ceph` |
| proxmox | LVM, ZFS and directories of a storage | `/nodes/NODE/disks/zfs` and beside it |
| proxmox | the configuration inside a snapshot | `/nodes/NODE/qemu/VMID/snapshot/NAME/config` |
| unifi | BGP, OSPF | `bgp/config`, `ospf/router` |
| unifi | hotspot packages | `rest/hotspotpackage` |
| unifi | content filters | `content-filtering` |
| unifi | QoS rules, WAN SLAs, device tags | `qos-rules`, `wan-slas`, `rest/tag` |
| unifi | administrators, which only a Super Admin may list | `/api/stat/admin` |
| npm | users and their permissions, the default site | `/api/users`, `/api/settings` |

## Comments

For comments and notes, only their existence is recorded (`has_comment`, `has_notes`, …), because
they are free text and may contain anything: a change of the text is not detected. Guest notes are
recorded as keyed fingerprints. With `store_descriptions` the texts are recorded, and a change is an
event.
"""


def not_checked(note: str) -> str:
    """Return the page."""
    pages = [f"# Keys that are not checked\n\n{note}\n{_INTRODUCTION}", _counts(), _NOT_READ]
    for name in SYSTEMS:
        by_reason = _by_reason(name)
        if by_reason:
            rows = [f"| {reason} | {_keys(kinds)} |" for reason, kinds in by_reason.items()]
            pages.append("\n".join([f"## {name}\n", "| reason | keys |", "|---|---|", *rows]) + "\n")
    return "\n".join(pages)


def _counts() -> str:
    rows = ["| system | change not detected | shown by another field |", "|---|---|---|"]
    for name in SYSTEMS:
        reasons = [str(reason) for table in read_table(name).values() for reason in table.values()]
        if not reasons:
            continue
        seen = sum(map(shows_elsewhere, reasons))
        rows.append(f"| {name} | {len(reasons) - seen} | {seen} |")
    return "\n".join(rows) + "\n"


def _by_reason(name: str) -> dict[str, dict[str, list[str]]]:
    """Return reason → kind → the keys of which nothing shows a change; the most common reason first."""
    found: dict[str, dict[str, list[str]]] = {}
    for section, table in read_table(name).items():
        for key, reason in table.items():
            if not shows_elsewhere(str(reason)):
                found.setdefault(str(reason), {}).setdefault(_title(section), []).append(key)
    return dict(sorted(found.items(), key=lambda each: -sum(map(len, each[1].values()))))


def _title(section: str) -> str:
    return "every kind" if section == EVERY_KIND else section.replace("integration ", "integration API, ")


def _keys(kinds: Mapping[str, list[str]]) -> str:
    parts = (f"{kind}: {', '.join(f'`{key}`' for key in keys)}" for kind, keys in kinds.items())
    return "; ".join(parts)
