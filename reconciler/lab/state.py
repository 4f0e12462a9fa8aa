"""The state of the simulated site: plain values, and the changes that can be made while the lab runs.

Every change takes the lock, so that tests and demos may change the site from their own threads.
"""

import threading
import time
from collections.abc import Callable, Mapping
from importlib.resources import files
from typing import Any

import yaml

from reconciler.lab.members import Config, Guest, Node, identified, without_none


def load_site(text: str | None = None) -> dict[str, Any]:
    """Return a site description as plain data; by default the one that comes with the lab (`site.yaml`)."""
    if text is None:
        text = files("reconciler.lab").joinpath("site.yaml").read_text(encoding="utf-8")
    loader = yaml.CSafeLoader(text)
    try:
        site: dict[str, Any] = loader.get_single_data()
    finally:
        loader.dispose()
    return site


class State:
    """The whole site. Read it under `lock`; change it with the methods below, from any thread."""

    def __init__(self, site: Mapping[str, Any]) -> None:
        site = _unshared(site)
        self.lock = threading.RLock()
        self.cluster: dict[str, Any] = site["cluster"]
        self.nodes = {
            name: Node(name, number + 1, facts) for number, (name, facts) in enumerate(site["nodes"].items())
        }
        self.storages: dict[str, dict[str, Any]] = site["storages"]
        self.pools: dict[str, dict[str, Any]] = site["pools"]
        self.snapshots: dict[int, list[dict[str, Any]]] = site.get("snapshots", {})
        """Vmid → rows of its snapshots, without the guest itself."""
        self.access: dict[str, Any] = site["access"]
        self.lists: dict[str, Any] = site.get("lists", {})
        """Path → answer: jobs, high availability, SDN, firewalls."""
        self.unifi: dict[str, Any] = site.get("unifi", {})
        """The description of the UniFi side; `lab.unifi.lists` has its rows."""
        self.npm: dict[str, Any] = site.get("npm", {})
        """The description of the reverse proxy; `lab.npm.lists` has its rows."""
        self.tasks: list[dict[str, Any]] = []
        """Rows of `/cluster/tasks`, the latest last."""
        self.log: list[dict[str, Any]] = []
        """Rows of `/cluster/log`, the latest last."""
        self.guests: dict[int, Guest] = {}
        self.rights_version = 0
        """Grows when access rules or pool members change; computed rights can be cached until then."""
        self.on_node: Callable[[Node], None] = lambda _node: None
        """Called when a node goes online or offline; the lab opens or closes its listener."""
        self.qemu_answers = True
        """Whether pvestatd gets the run states of VMs; if not, those with a process are listed as running."""
        self._forced_quorum: bool | None = None
        self.removed: dict[int, str] = {}
        """Vmid → type of each guest that was destroyed; its backups stay."""
        self.backups: dict[str, list[tuple[int, int]]] = {}
        """Storage → vmid and time (seconds since 1970) of each backup on it."""
        for node, types in site["guests"].items():
            for type_, guests in types.items():
                for vmid, config in guests.items():
                    self.guests[vmid] = _guest(site, vmid, type_, node, config)
        for storage, age in site.get("backups", {}).items():
            for vmid, guest in self.guests.items():
                if not guest.template:
                    self.back_up(vmid, storage, age)

    @property
    def quorate(self) -> bool:
        """Whether more than half of the nodes are online, unless `set_quorate` overrides it."""
        if self._forced_quorum is not None:
            return self._forced_quorum
        return 2 * sum(node.online for node in self.nodes.values()) > len(self.nodes)

    def add_guest(
        self, vmid: int, *, node: str, system: str = "qemu", power: str = "running", **config: Any
    ) -> Guest:
        """Create a guest (`system`: qemu or lxc); `config` has Proxmox keys. The id must be free."""
        with self.lock:
            if vmid in self.guests:
                message = f"guest {vmid} exists"
                raise ValueError(message)
            self._require_node(node)
            guest = Guest(vmid, system, node, identified(vmid, system, config), power)
            self.guests[vmid] = guest
            return guest

    def back_up(self, vmid: int, storage: str, age: float = 0) -> None:
        """Add a backup of a guest to a storage, made `age` seconds ago."""
        with self.lock:
            self.backups.setdefault(storage, []).append((vmid, int(time.time() - age)))

    def remove_guest(self, vmid: int) -> None:
        """Destroy a guest; it also leaves its pool."""
        with self.lock:
            self.removed[vmid] = self.guests.pop(vmid).type
            self._leave_pools({vmid})

    def edit_guest(self, vmid: int, **keys: Any) -> None:
        """Set configuration keys at once, as on a stopped guest; None removes a key."""
        with self.lock:
            guest = self.guests[vmid]
            guest.config = without_none(guest.config | keys)
            guest.answers.clear()

    def edit_pending(self, vmid: int, **keys: Any) -> None:
        """Change keys that take effect at the next start of a running guest; None removes a key."""
        with self.lock:
            self.guests[vmid].pending |= keys
            self.guests[vmid].answers.clear()

    def move_guest(self, vmid: int, node: str) -> None:
        """Migrate a guest to another node."""
        with self.lock:
            self._require_node(node)
            self.guests[vmid].node = node
            self.guests[vmid].answers.clear()

    def set_power(self, vmid: int, power: str) -> None:
        """Set the power to `running` or `stopped`; a start applies pending changes."""
        with self.lock:
            guest = self.guests[vmid]
            if power == "running" and guest.power != "running":
                guest.started = time.monotonic()
                guest.config = guest.applied()
                guest.pending = {}
            guest.power = power
            guest.answers.clear()

    def set_run_state(self, vmid: int, run_state: str) -> None:
        """Set the run state of a VM's process; empty: it runs, or it is stopped and has none."""
        with self.lock:
            self.guests[vmid].run_state = run_state

    def set_ha_state(self, vmid: int, ha_state: str) -> None:
        """Set the state in which high availability has a guest; empty: it is not kept by it."""
        with self.lock:
            self.guests[vmid].ha_state = ha_state

    def set_agent(self, vmid: int, agent: str) -> None:
        """Set how the guest agent answers: `running`, `down` or `unsupported`."""
        with self.lock:
            self.guests[vmid].agent = agent

    def set_node_online(self, name: str, *, online: bool) -> None:
        """Take a node offline (its own listener refuses connections, others answer 595 for it) or online."""
        with self.lock:
            self._require_node(name)
            self.nodes[name].online = online
            self.nodes[name].started = time.monotonic()
        self.on_node(self.nodes[name])

    def set_quorate(self, *, quorate: bool | None) -> None:
        """Override the quorum flag; None: it follows from the nodes."""
        with self.lock:
            self._forced_quorum = quorate

    def set_pool(self, name: str, **facts: Any) -> None:
        """Create or change a pool: `comment`, `guests`, `storages`. A guest leaves its previous pool."""
        with self.lock:
            self._leave_pools(set(facts.get("guests", ())))
            self.pools.setdefault(name, {}).update(facts)

    def edit_interface(self, node: str, iface: str, **facts: Any) -> None:
        """Set fields of a node's interface in `/nodes/{node}/network`; None removes a field."""
        with self.lock:
            network = self.nodes[node].facts["network"]
            network[iface] = without_none(network.get(iface, {}) | facts)

    def stage_interface(self, node: str, iface: str, **facts: Any) -> None:
        """Change fields of an interface as the GUI does: rows show it, and `changes` has it from then on.

        Without any field, the interface is removed.
        """
        with self.lock:
            own = self.nodes[node].facts
            own.setdefault("network_applied", dict(own["network"]))
            network = dict(own["network"])
            if facts:
                network[iface] = without_none(network.get(iface, {}) | facts)
            else:
                del network[iface]
            own["network"] = network

    def edit_storage(self, name: str, **config: Any) -> None:
        """Set keys of a storage's configuration, or create it; None removes a key."""
        with self.lock:
            storage = self.storages.setdefault(name, {"config": {}, "total": 100})
            storage["config"] = without_none(storage["config"] | config)

    def set_acl(self, path: str, subject: str, role: str | None) -> None:
        """Give a user or token a role on a path (`Role!` does not propagate); None removes the rule."""
        with self.lock:
            rules = self.access["acl"].setdefault(path, {})
            if role is None:
                rules.pop(subject, None)
            else:
                rules[subject] = role
            self.rights_version += 1

    def log_task(self, kind: str, vmid: int | str, node: str, user: str, **other: Any) -> None:
        """Note a task that has ended just now; `other` replaces keys of its row, None removes one."""
        with self.lock:
            now = int(time.time())
            upid = f"UPID:{node}:{len(self.tasks):08X}:0000A1B2:{now:08X}:{kind}:{vmid}:{user}:"
            row = {"upid": upid, "node": node, "id": str(vmid), "type": kind, "user": user, "saved": "1"}
            times = {"starttime": now, "endtime": now, "status": "OK"}
            self.tasks.append(without_none(row | times | other))

    def log_line(self, user: str, text: str, node: str = "", **other: Any) -> None:
        """Note a line of the cluster log, as `update VM 101: -memory 4096`."""
        with self.lock:
            place = {"node": node or next(iter(self.nodes)), "pid": 4711, "pri": 6, "tag": "pvedaemon"}
            row = {"uid": len(self.log) + 1, "time": int(time.time()), "user": user, "msg": text}
            self.log.append(without_none(place | row | other))

    def _leave_pools(self, vmids: set[int]) -> None:
        for pool in self.pools.values():
            pool["guests"] = [vmid for vmid in pool.get("guests", ()) if vmid not in vmids]
        self.rights_version += 1

    def _require_node(self, name: str) -> None:
        if name not in self.nodes:
            message = f"no node {name}"
            raise ValueError(message)


def _unshared(value: Any) -> Any:
    """Return a copy without shared parts: a YAML alias is one object in several places."""
    if isinstance(value, Mapping):
        return {key: _unshared(item) for key, item in value.items()}
    return [_unshared(item) for item in value] if isinstance(value, list) else value


def _guest(site: Mapping[str, Any], vmid: int, type_: str, node: str, config: Config) -> Guest:
    return Guest(
        vmid,
        type_,
        node,
        identified(vmid, type_, config),
        "stopped" if vmid in site.get("stopped", ()) else "running",
        site.get("pending", {}).get(vmid, {}),
        site.get("agents", {}).get(vmid, "running"),
        site.get("addresses", {}).get(vmid, {}),
    )
