"""Commands for where a guest is and whether it runs: power, migration, its pool, restore.

What high availability keeps is moved, started and stopped through it, because it would undo anything else.
"""

from reconciler.collectors.by_hand import instruction
from reconciler.collectors.proxmox.commands import name, nested_name
from reconciler.model.fix import CommandWords, Fix, RowsById, WantedFields, by_hand

_UNKNOWN = "its HA state could not be read"
_ALLOW_MOVE = (8, 1)
"""The release from which pools take a guest that is in another one, and are set only by `/pools`."""


_RESTORED_BY = frozenset({"qemu", "lxc"})
"""The types of guests whose backups are known to be of them."""


def tool(wanted: WantedFields) -> str:
    """Return the program for a guest of its type."""
    return "pct" if wanted.row.get("type") == "lxc" else "qm"


def set_power(wanted: WantedFields, path: str) -> Fix:
    """Return how a guest is started or shut down."""
    wants = wanted.changes[path]
    if wants not in ("running", "stopped"):
        return by_hand(instruction("proxmox", "guest", wanted, path))
    kept = _sid(wanted)
    if kept is None:
        return by_hand(f"{instruction('proxmox', 'guest', wanted, path)} ({_UNKNOWN})")
    starts = wants == "running"
    if kept:
        return Fix(
            commands=(("ha-manager", "set", kept, "--state", "started" if starts else "stopped"),),
            effect="starts" if starts else "stops",
            right="Sys.Console on /",
        )
    return Fix(
        where=node_of(wanted),
        commands=((tool(wanted), "start" if starts else "shutdown", name(wanted.id)),),
        effect="starts" if starts else "stops",
        right=f"VM.PowerMgmt on /vms/{wanted.id}",
    )


def migrate(wanted: WantedFields, path: str) -> Fix:
    """Return how a guest is moved to its node, or to the first that is allowed and online."""
    wants = wanted.changes[path]
    nodes = wanted.rows("node") or {}
    allowed = [wants] if isinstance(wants, str) else wants if isinstance(wants, list) else []
    target = next((str(each) for each in allowed if nodes.get(str(each), {}).get("status") == "online"), None)
    kept = _sid(wanted)
    if target is None or kept is None:
        why = _UNKNOWN if kept is None else "none of these nodes is known to be online"
        return by_hand(f"migrate guest {wanted.id} to {' or '.join(map(str, allowed))} ({why})")
    runs = wanted.row.get("power") != "stopped"
    if kept:
        words: CommandWords = ("ha-manager", "migrate", kept, name(target))
    else:
        words = (tool(wanted), "migrate", name(wanted.id), name(target))
        if runs:
            words += ("--restart",) if tool(wanted) == "pct" else ("--online",)
    effect = "at once" if not runs else "restarts" if tool(wanted) == "pct" else "moves"
    return Fix(
        where=None if kept else node_of(wanted),
        commands=(words,),
        effect=effect,
        right="Sys.Console on /" if kept else f"VM.Migrate on /vms/{wanted.id}",
    )


def set_pool(wanted: WantedFields, path: str) -> Fix:
    """Return how a guest is put into its pool, or taken out of the one that it is in."""
    wants, live = wanted.changes[path], wanted.live(path)
    vmid = name(wanted.id)
    commands: list[CommandWords] = []
    modern = _release(wanted.version) >= _ALLOW_MOVE
    if live is not None and (wants is None or not modern):
        commands.append((*_pool(str(live), modern=modern), "--vms", vmid, "--delete", "1"))
    if wants is not None:
        moves = ("--allow-move", "1") if modern and live is not None else ()
        commands.append((*_pool(str(wants), modern=modern), "--vms", vmid, *moves))
    pools = " and ".join(f"/pool/{pool}" for pool in (live, wants) if pool is not None)
    return Fix(
        commands=tuple(commands),
        effect="at once",
        right=f"Pool.Allocate on {pools}, Permissions.Modify on /vms/{wanted.id}",
    )


def restore(vmid: str, rows: RowsById) -> Fix | None:
    """Return how a guest is made again from its newest backup; None where none is known."""
    found = [
        (str(each.get("made")), str(storage), each)
        for storage, row in (rows("storage") or {}).items()
        if isinstance(left := row.get("left_backups"), dict)
        and isinstance(each := left.get(vmid), dict)
        and each.get("type") in _RESTORED_BY
    ]
    if not found:
        return None
    _, storage, backup = max(found, key=lambda each: each[:2])
    volume = nested_name(f"{storage}:{backup['volume']}")
    words: CommandWords = ("qmrestore", volume, name(vmid))
    if backup["type"] == "lxc":
        words = ("pct", "restore", name(vmid), volume)
    return Fix(
        where=str(backup["node"]),
        commands=(words,),
        effect="restores",
        right=f"VM.Allocate on /vms/{vmid}, Datastore.AllocateSpace on /storage/{storage}",
    )


def _pool(pool: str, *, modern: bool) -> CommandWords:
    if modern:
        return ("pvesh", "set", "/pools", "--poolid", nested_name(pool))
    return ("pvesh", "set", f"/pools/{name(pool)}")


def _release(version: str | None) -> tuple[int, ...]:
    """Return the release of a version; the newest known one where there is none."""
    numbers = [part for part in (version or "9.0").split(".")[:2] if part.isdecimal()]
    return tuple(map(int, numbers)) or (9, 0)


def node_of(wanted: WantedFields) -> str | None:
    """Return the node of a guest, on which `qm` and `pct` have to run."""
    node = wanted.row.get("node")
    return None if node is None else str(node)


def _sid(wanted: WantedFields) -> str | None:
    """Return the sid under which high availability keeps a guest; empty: it does not; None: not known."""
    resources = wanted.rows("ha-resource")
    if resources is None:
        return None
    sid = f"{'ct' if tool(wanted) == 'pct' else 'vm'}:{name(wanted.id)}"
    return sid if sid in resources else ""
