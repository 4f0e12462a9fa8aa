"""The lab's cluster as it answers to commands: only tests write to it.

Which keys wait for a restart is written down here from qemu-server and pve-container, apart from the tables
of the product.
"""

import re
import shlex
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from reconciler.lab import Lab
from reconciler.lab.members import Guest
from tests.fix.configuration import Raw, RefusedError, configure, split

_QEMU_AT_ONCE = frozenset(
    "name description tags onboot startup protection hookscript shares migrate_downtime migrate_speed"
    " vmstatestorage ciuser citype ciupgrade cicustom nameserver searchdomain cpulimit cpuunits"
    " balloon".split()
)
_LXC_AT_ONCE = frozenset(
    "description onboot startup protection hostname hookscript cores tags memory swap cpulimit"
    " cpuunits".split()
)
_DISK_WAITS = frozenset("aio discard iothread cache ssd ro".split())


def execute(lab: Lab, words: Sequence[str], where: str | None) -> None:
    """Run a command on a node (None: any); raises `RefusedError` as Proxmox VE would refuse it."""
    words = shlex.split(shlex.join(words))
    if words[:2] in (["pvesh", "set"], ["pvesm", "set"]) or words[0] == "ha-manager":
        _COMMANDS[words[0]](lab, words)
        return
    assert words[0] in {"qm", "pct", "qmrestore"}, words
    _of_guest(lab, words, where)


def _of_guest(lab: Lab, words: Sequence[str], where: str | None) -> None:
    if words[0] == "qmrestore" or words[1] == "restore":
        _restore(lab, words, where)
        return
    head, given = split(words)
    vmid = int(next(each for each in head[1:] if each.isdecimal()))
    guest = lab.state.guests[vmid]
    if guest.node != where or (guest.type == "qemu") != (words[0] == "qm"):
        message = f"Configuration file of {vmid} does not exist on {where}"
        raise RefusedError(message)
    if guest.config.get("lock"):
        message = f"VM is locked ({guest.config['lock']})"
        raise RefusedError(message)
    match words[1]:
        case "start" | "shutdown":
            lab.state.set_power(vmid, "running" if words[1] == "start" else "stopped")
        case "reboot":
            lab.state.set_power(vmid, "stopped")
            lab.state.set_power(vmid, "running")
        case "migrate":
            lab.state.move_guest(vmid, head[-1])
        case "set" if "revert" in given:
            for key in given["revert"].split(","):
                guest.pending.pop(key)
            guest.answers.clear()
        case "set" | "disk" | "resize" | "cloudinit":
            _set(lab, guest, words)
        case _:
            raise AssertionError(words)


def _set(lab: Lab, guest: Guest, words: Sequence[str]) -> None:
    before = {**guest.applied(), "digest": guest.digest()}
    after = configure(before, words)
    for key in sorted(before.keys() | after.keys() - {"digest"}):
        old, new = before.get(key), after.get(key)
        if old == new:
            continue
        if new is not None and str(guest.config.get(key)) == str(new):
            guest.pending.pop(key, None)
            guest.answers.clear()
        elif guest.power == "running" and waits(guest, key, new) and words[1] == "set":
            lab.state.edit_pending(guest.vmid, **{key: new})
        else:
            guest.pending.pop(key, None)
            lab.state.edit_guest(guest.vmid, **{key: new})


def waits(guest: Guest, key: str, new: Any) -> bool:
    """Return whether a running guest takes a key only when it is started again."""
    old = guest.config.get(key)
    if guest.type == "lxc":
        return not (key in _LXC_AT_ONCE or re.fullmatch(r"net\d+", key))
    features = str(guest.config.get("hotplug", "network,disk,usb")).split(",")
    if re.fullmatch(r"net\d+", key):
        return "network" not in features and _differ(old, new, _nic) & {"device", "mtu", "queues"} != set()
    if re.fullmatch(r"(?:scsi|virtio|sata|ide)\d+", key):
        return bool(_differ(old, new, _items) & _DISK_WAITS)
    if key in {"memory", "vcpus", "tablet"}:
        return {"memory": "memory", "vcpus": "cpu", "tablet": "usb"}[key] not in features
    if key == "hotplug":
        return bool(({*features} ^ {*str(new).split(",")}) & {"memory", "cpu"})
    if key == "balloon":
        return (str(old) == "0") != (str(new) == "0")
    return not (key in _QEMU_AT_ONCE or key.startswith("ipconfig"))


def _differ(old: Any, new: Any, parse: Callable[[str], Mapping[str, str]]) -> set[str]:
    one, other = parse(str(old or "")), parse(str(new or ""))
    return {name for name in one.keys() | other.keys() if one.get(name) != other.get(name)}


def _items(text: str) -> dict[str, str]:
    return dict(item.partition("=")[::2] for item in text.split(","))


def _nic(text: str) -> dict[str, str]:
    first, *rest = text.split(",")
    return {"device": first} | _items(",".join(rest))


def _restore(lab: Lab, words: Sequence[str], where: str | None) -> None:
    """Make a guest again with nothing but its name: the lab's backups have no content."""
    vmid, volume = (words[2], words[1]) if words[0] == "qmrestore" else (words[2], words[3])
    storage, _, backup = volume.partition(":")
    system = "qemu" if words[0] == "qmrestore" else "lxc"
    assert backup.startswith(f"backup/{'vm' if system == 'qemu' else 'ct'}/{vmid}/"), volume
    assert int(vmid) in {each for each, _ in lab.state.backups[storage]}
    lab.state.add_guest(int(vmid), node=str(where), system=system, power="stopped")


def _pvesh(lab: Lab, words: Sequence[str]) -> None:
    path = words[2].removeprefix("/")
    lists = lab.state.lists
    if path == "pools":
        _pool(lab, words)
    elif path.endswith("/firewall/options"):
        parts = path.split("/")
        at = f"guests/{parts[3]}/firewall/options" if len(parts) > 4 else path
        lists[at] = configure(lists.get(at, {}), words)
    else:
        at, _, identity = path.rpartition("/")
        _row(lists[at], "id", identity, words)


def _row(rows: list[Raw], key: str, identity: str, words: Sequence[str]) -> None:
    at = next(index for index, row in enumerate(rows) if row[key] == identity)
    rows[at] = configure(rows[at], words)


def _pool(lab: Lab, words: Sequence[str]) -> None:
    _, given = split(words)
    pools = lab.state.pools
    vms = [int(each) for each in given.get("vms", "").split(",") if each]
    storages = [each for each in given.get("storage", "").split(",") if each]
    for name, pool in pools.items():
        keep_vms = [each for each in pool.get("guests", []) if each not in vms]
        if (
            vms
            and keep_vms != pool.get("guests", [])
            and name != given["poolid"]
            and "allow-move" not in given
        ):
            message = "VM is already a member of another pool"
            raise RefusedError(message)
        pool["guests"] = keep_vms
    pool = pools[given["poolid"]]
    pool["storages"] = [each for each in pool.get("storages", []) if each not in storages]
    if given.get("delete") != "1":
        pool["guests"] += vms
        pool["storages"] += storages
    lab.state.rights_version += 1


def _pvesm(lab: Lab, words: Sequence[str]) -> None:
    config = lab.state.storages[words[2]]["config"]
    given = [each for at, each in enumerate(words) if each != "--digest" and words[at - 1] != "--digest"]
    lab.state.storages[words[2]]["config"] = configure(config, given)


def _ha_manager(lab: Lab, words: Sequence[str]) -> None:
    lists = lab.state.lists
    if words[1] == "set":
        _row(lists["cluster/ha/resources"], "sid", words[2], words)
        state = split(words)[1].get("state")
        if state:
            vmid = int(words[2].partition(":")[2])
            lab.state.set_power(vmid, "running" if state == "started" else "stopped")
    elif words[1] == "migrate":
        lab.state.move_guest(int(words[2].partition(":")[2]), words[3])
    else:
        assert words[1:3] == ["rules", "set"], words
        row = next(row for row in lists["cluster/ha/rules"] if row["rule"] == words[4])
        assert row["type"] == words[3]
        _row(lists["cluster/ha/rules"], "rule", words[4], words)


_COMMANDS: Mapping[str, Callable[[Lab, Sequence[str]], None]] = {
    "pvesh": _pvesh,
    "pvesm": _pvesm,
    "ha-manager": _ha_manager,
}
