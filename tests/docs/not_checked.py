"""`docs/not-checked.md`: the keys of each API that are left out on purpose, from their tables."""

from collections.abc import Mapping

from reconciler.collectors.ignored_fields import EVERY_KIND, read_table, shows_elsewhere
from reconciler.kinds import SYSTEMS

_INTRODUCTION = """\
Every key of an API is read by a field, left out on purpose, or unknown. Of an unknown key the name
is kept and, with `fingerprint_key`, a keyed fingerprint of its value; a change of it is an
[event](glossary.md). The keys that are left out are in
`reconciler/collectors/<system>/ignored_fields.yaml`, each with its reason. Most of those show
elsewhere: tests change each of them, and the field that its reason names must change. This page
lists the others, whose changes appear nowhere.

`[n]` stands for a number and `x_*` for every key that starts with `x_`. `locations[].id` is a key
in the items of a list; `locations[path].id` also names the key by which an item is known.
"""

_NOT_READ = """\
## Not read at all

No request reads these, so that a change of them goes unnoticed.

| system | configuration | at |
|---|---|---|
| proxmox | own CPU models, corosync and its QDevice | `/nodes/NODE/capabilities/qemu`, `/cluster/config` |
| proxmox | DNS and IPAM of SDN | `/cluster/sdn/dns`, `/cluster/sdn/ipams` |
| proxmox | ACME accounts, certificates of nodes | `/cluster/acme`, `/nodes/NODE/certificates` |
| proxmox | package repositories and updates of nodes | `/nodes/NODE/apt` |
| proxmox | Ceph except its health: pools, monitors, OSDs | `/nodes/NODE/ceph` |
| proxmox | LVM, ZFS and directories below a storage | `/nodes/NODE/disks/zfs` and beside it |
| proxmox | the configuration inside a snapshot | `/nodes/NODE/qemu/VMID/snapshot/NAME/config` |
| unifi | BGP, OSPF | `bgp/config`, `ospf/router` |
| unifi | packages of the hotspot | `rest/hotspotpackage` |
| unifi | content filters | `content-filtering` |
| unifi | quality of service rules, limits of WANs, tags of devices | `qos-rules`, `wan-slas`, `rest/tag` |
| unifi | administrators, whom only a super administrator may list | `/api/stat/admin` |
| npm | users and their rights, the default page | `/api/users`, `/api/settings` |

## Comments

Of comments and notes only is recorded whether there is one (`has_comment`, `has_notes`, …), because
people write anything into them: a change from one text to another shows nowhere. The notes of
guests are kept as keyed fingerprints. With `store_descriptions` texts are recorded, and a change is
an event.
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
    rows = ["| system | nothing shows a change | shows elsewhere |", "|---|---|---|"]
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
