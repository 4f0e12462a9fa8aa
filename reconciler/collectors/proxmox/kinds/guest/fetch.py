"""How guests are read: one call each, and what to do when one moves, hides or does not answer."""

from collections import Counter
from collections.abc import Iterator, Mapping
from collections.abc import Set as AbstractSet
from typing import Any

from reconciler.collectors.proxmox import property_string
from reconciler.collectors.proxmox.cluster_state import ClusterState, Place, node_offline, node_silent, places
from reconciler.collectors.proxmox.connection.api import ProxmoxApi, ProxmoxRequestFailed, path, rows
from reconciler.collectors.proxmox.kinds.guest.backups import Backups
from reconciler.collectors.proxmox.rights import hidden, none_visible, proof
from reconciler.errors import Problem
from reconciler.model.fingerprint import SecretFingerprinter
from reconciler.model.kind import Listing

_GuestRow = dict[str, Any]

_SECRET = frozenset({"description", "cipassword"})
_LATE_MAX = 3
_ADDRESS_SECONDS = 60.0
"""For all addresses together: an agent may hang for seconds, and nothing depends on it."""


def fetch_guests(api: ProxmoxApi, state: ClusterState) -> Listing:
    """Every guest's raw row: `type`, `node`, `power`, `pool`, `config`, `running`, `interfaces`, notes.

    `unread` names those of them that could not be read.
    """
    listed, problem = proof(state, "/vms", "VM.Audit")
    if listed == "complete" and not state.guests and (doubt := none_visible(api, "guest")):
        listed, problem = "partial", doubt
    reading = _Reading(api, state)
    reading.configs(state.guests)
    reading.again()
    reading.power()
    reading.addresses()
    reading.backups()
    if listed == "complete":
        reading.unread |= _hidden(api, state, reading.rows.keys() | reading.unread.keys())
    return Listing(rows=reading.rows, listed=listed, problem=problem, unread=reading.unread)


_EMPTY = Problem("", "its configuration is empty or not an object", cause="bad-answer")


def _hidden(api: ProxmoxApi, state: ClusterState, seen: AbstractSet[str]) -> dict[str, Problem]:
    """Who is in no list; rights are looked at before it is, so any node and either type will do."""
    nodes = state.online()[:1]

    def ask(vmid: str) -> list[str]:
        leaves = ("pending", "config") if vmid.isdecimal() else ()
        return [path("nodes", node, "qemu", vmid, leaf) for node in nodes for leaf in leaves]

    return hidden(api, "guest", seen, ask, lambda vmid: f"/vms/{vmid}")


class _Reading:
    """What has been read so far."""

    def __init__(self, api: ProxmoxApi, state: ClusterState) -> None:
        self._api = api
        self._state = state
        self._online = state.nodes
        self._pools_known = proof(state, "/pool", "Pool.Audit")[0] == "complete"
        self._places: dict[str, Place] = {}
        self._silent: dict[str, Problem] = {}
        """Node → why it does not answer, although the cluster holds it for online."""
        self._late: Counter[str] = Counter()
        """Node → how many of its guests in a row were answered too late."""
        self._lost: list[str] = []
        self.rows: dict[str, _GuestRow] = {}
        self.unread: dict[str, Problem] = {}

    def configs(self, guests: Mapping[str, Place]) -> None:
        """Read the configuration of guests: `/pending`, or `/config` where that is refused or empty."""
        self._places |= guests
        asked: dict[str, str] = {}
        fallback: dict[str, Problem] = {}
        found = self._api.get_many(self._paths(guests, "pending", asked), what="guests", total=len(guests))
        for at, data in found:
            vmid = asked.pop(at)
            if isinstance(data, ProxmoxRequestFailed):
                self._refused(vmid, data, fallback)
                continue
            config, running = _pending(data)
            if config:
                self._keep(vmid, config, running)
            else:
                fallback[vmid] = _EMPTY
        for at, data in self._api.get_many(self._paths(fallback, "config", asked)):
            vmid = asked.pop(at)
            if isinstance(data, ProxmoxRequestFailed):
                self._refused(vmid, data, self.unread)
            elif isinstance(data, dict) and data:
                self._keep(vmid, data, None, "pending")
            else:
                self.unread[vmid] = _EMPTY

    def _refused(self, vmid: str, refusal: ProxmoxRequestFailed, others: dict[str, Problem]) -> None:
        """A guest that could not be read; why goes to `others` where it is about neither place nor node."""
        if refusal.timed_out:
            self._too_late(vmid, refusal)
        elif refusal.gone:
            self._lost.append(vmid)
        elif refusal.node_silent:
            self._node_silent(vmid, refusal)
        else:
            others[vmid] = refusal.problem

    def _paths(self, vmids: Mapping[str, object], leaf: str, asked: dict[str, str]) -> Iterator[str]:
        """One path per guest, made when it is needed: a node found silent meanwhile is not asked again."""
        for vmid in vmids:
            place = self._places[vmid]
            if not self._online.get(place.node, False):
                known = place.node in self._online
                self.unread[vmid] = node_offline(place.node) if known else _unlisted(place.node)
            elif place.node in self._silent:
                self.unread[vmid] = self._silent[place.node]
            else:
                at = path("nodes", place.node, place.type, vmid, leaf)
                asked[at] = vmid
                yield at

    def _node_silent(self, vmid: str, refusal: ProxmoxRequestFailed) -> None:
        node = self._places[vmid].node
        self.unread[vmid] = self._silent.setdefault(node, node_silent(node, refusal))

    def _too_late(self, vmid: str, refusal: ProxmoxRequestFailed) -> None:
        """One guest that hangs is unread alone; where several in a row do, it is their node."""
        node = self._places[vmid].node
        self._late[node] += 1
        self.unread[vmid] = refusal.problem
        if self._late[node] >= _LATE_MAX:
            self._node_silent(vmid, refusal)

    def _keep(
        self, vmid: str, config: Mapping[str, Any], running: Mapping[str, Any] | None, *unread: str
    ) -> None:
        """Keep what was read; without rights on pools, the row of a guest leaves its pool out."""
        place = self._places[vmid]
        self._late[place.node] = 0
        notes = str(config.get("description") or "").rstrip()
        hidden_pool = place.pool is None and not self._pools_known
        lacking = [*(["pool"] if hidden_pool else []), *unread]
        row: _GuestRow = {
            "type": place.type,
            "node": place.node,
            "power": place.status,
            "pool": place.pool,
            "config": _without_secrets(config),
            "has_description": bool(notes),
            "unread": lacking or None,
        }
        if running is not None:
            row["running"] = _without_secrets(running)
        if notes and self._api.settings.store_descriptions:
            row["description"] = notes
        if self._api.fingerprinter is not None:
            row |= _fingerprints(self._api.fingerprinter, vmid, notes, str(config.get("cipassword") or ""))
        self.rows[vmid] = row
        if any(key.startswith("net") and "firewall=1" in str(nic).split(",") for key, nic in config.items()):
            self._api.firewalled.add(vmid)

    def again(self) -> None:
        """Find the guests that were not where they had been; who is in no list now was deleted."""
        if not self._lost:
            return
        lost, self._lost = self._lost, []
        try:
            host = self._api.settings.hosts[0]
            now, _ = places(rows(self._api.get("cluster/resources"), host, "cluster/resources"))
        except ProxmoxRequestFailed as refusal:
            what = f"it moved, and where to cannot be read ({refusal.summary})"
            self.unread |= dict.fromkeys(lost, Problem("", what, cause="changed-while-reading"))
            return
        self.configs({vmid: now[vmid] for vmid in lost if vmid in now})
        for vmid in self._lost:
            what = f"it moves between nodes; it was on {self._places[vmid].node} last"
            self.unread[vmid] = Problem("", what, cause="changed-while-reading")

    def power(self) -> None:
        """Whether guests run whose state the cluster does not know (pvestatd stalls): ask their nodes."""
        doubtful = {vmid for vmid, row in self.rows.items() if row["power"] not in {"running", "stopped"}}
        nodes = sorted({self._places[vmid].node for vmid in doubtful})
        asked = {path("nodes", node, kind): node for node in nodes for kind in ("qemu", "lxc")}
        for _, data in self._api.get_many(asked):
            for row in data if isinstance(data, list) else ():
                vmid = str(row.get("vmid")) if isinstance(row, dict) else ""
                power = str(row.get("status")) if vmid in doubtful else ""
                if power in {"running", "stopped"}:
                    self.rows[vmid]["power"] = power
        for vmid in doubtful:
            if self.rows[vmid]["power"] not in {"running", "stopped"}:
                del self.rows[vmid]
                node, what = self._places[vmid].node, "does not report whether it runs"
                self.unread[vmid] = Problem(f"node {node}", what, cause="node-silent")

    def addresses(self) -> None:
        """Ask running guests for their addresses; who does not say has none known."""
        asked = {at: vmid for vmid, row in self.rows.items() if (at := self._address_path(vmid, row))}
        found = self._api.get_many(asked, what="addresses", total=len(asked), within=_ADDRESS_SECONDS)
        for at, data in found:
            row = self.rows[asked[at]]
            if not isinstance(data, ProxmoxRequestFailed):
                row["interfaces"] = data
            elif row["type"] == "qemu" and (data.timed_out or data.status == 500):
                row["agent_error"] = data.reason

    def backups(self) -> None:
        """What is known of the newest backup of each guest."""
        known = Backups(self._api, self._state)
        for vmid, row in self.rows.items():
            row["newest_backup"] = known.newest(vmid)
            row["backups_unread"] = known.doubt(vmid)

    def _address_path(self, vmid: str, row: _GuestRow) -> str | None:
        if row["power"] != "running":
            return None
        if row["type"] == "lxc":
            return path("nodes", row["node"], "lxc", vmid, "interfaces")
        if not _agent_enabled(row["config"].get("agent")):
            return None
        return path("nodes", row["node"], "qemu", vmid, "agent", "network-get-interfaces")


def _unlisted(node: str) -> Problem:
    return Problem(f"node {node}", "not in the list of nodes", cause="bad-answer")


def _without_secrets(config: Mapping[str, Any]) -> _GuestRow:
    """A configuration without notes, in which people write secrets, and without the cloud-init password."""
    return {key: value for key, value in config.items() if key not in _SECRET}


def _fingerprints(fingerprinter: SecretFingerprinter, vmid: str, notes: str, password: str) -> _GuestRow:
    """Of notes and of the cloud-init password, where it is not masked, as Proxmox VE does by itself."""
    found: _GuestRow = {}
    if notes:
        found["description_fingerprint"] = fingerprinter.fingerprint(f"guest/{vmid}/description", notes)
    if password.strip("*"):
        found["cloud_init_password"] = fingerprinter.fingerprint(f"guest/{vmid}/cipassword", password)
    return found


def _agent_enabled(value: object) -> bool:
    try:
        enabled = property_string.parse(str(value or "0"), "enabled").get("enabled", "0")
    except ValueError:
        return False
    return enabled.lower() in {"1", "on", "yes", "true"}


def _pending(data: Any) -> tuple[dict[str, Any], dict[str, Any] | None]:
    """The configuration with its pending changes applied, and what runs until then; None for the same.

    Of a running guest, `value` is what runs, `pending` what is configured, and `delete` what goes away.
    """
    config: dict[str, Any] = {}
    running: dict[str, Any] = {}
    changed = False
    for item in data if isinstance(data, list) else ():
        if not isinstance(item, dict) or not item.get("key"):
            continue
        key = str(item["key"])
        deleted = str(item.get("delete") or "0") not in {"0", "False"}
        waiting = item.get("pending")
        changed = changed or deleted or waiting is not None
        if item.get("value") is not None:
            running[key] = item["value"]
        if not deleted:
            config[key] = item.get("value") if waiting is None else waiting
    return config, running if changed else None
