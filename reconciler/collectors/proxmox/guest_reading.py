"""How guests are read: one call each, and what to do when one moves, hides or does not answer."""

from collections.abc import Iterator, Mapping
from collections.abc import Set as AbstractSet
from typing import Any

from reconciler.collectors.proxmox import property_string
from reconciler.collectors.proxmox.api import Api, Refusal, path, rows
from reconciler.collectors.proxmox.survey import Place, Survey, hidden, places, proof
from reconciler.model.kind import Listing

Row = dict[str, Any]

_ADDRESS_SECONDS = 60.0
"""For all addresses together: an agent may hang for seconds, and nothing depends on it."""


def fetch(api: Api, survey: Survey) -> Listing:
    """Every guest's raw row: `type`, `node`, `power`, `pool`, `config`, `pending`, `interfaces`, notes."""
    listed, reason = proof(survey, "/vms", "VM.Audit")
    reading = _Reading(api, survey)
    reading.configs(survey.guests)
    reading.again()
    reading.power()
    reading.addresses()
    if listed == "complete":
        reading.unread |= _hidden(api, survey, reading.rows.keys() | reading.unread.keys())
    return Listing(rows=reading.rows, listed=listed, reason=reason, unread=reading.unread)


def _hidden(api: Api, survey: Survey, seen: AbstractSet[str]) -> dict[str, str]:
    node = next(iter(survey.online()), "")

    def ask(vmid: str) -> str | None:
        return path("nodes", node, "qemu", vmid, "pending") if vmid.isdecimal() and node else None

    return hidden(api, "guest", "/vms", seen, ask)


class _Reading:
    """What has been read so far."""

    def __init__(self, api: Api, survey: Survey) -> None:
        self._api = api
        self._online = survey.nodes
        self._places: dict[str, Place] = {}
        self._silent: dict[str, str] = {}
        """Node → why it does not answer, although the cluster holds it for online."""
        self._lost: list[str] = []
        self.rows: dict[str, Row] = {}
        self.unread: dict[str, str] = {}

    def configs(self, guests: Mapping[str, Place]) -> None:
        """Read the configuration of guests: `/pending`, or `/config` where that is refused or empty."""
        self._places |= guests
        asked: dict[str, str] = {}
        fallback: dict[str, str] = {}
        for at, data in self._api.get_many(
            self._paths(guests, "pending", asked), what="guests", total=len(guests)
        ):
            vmid = asked.pop(at)
            if not isinstance(data, Refusal):
                config, pending = _pending(data)
                if config:
                    self._keep(vmid, config, pending)
                else:
                    fallback[vmid] = "its configuration is empty"
            elif data.gone:
                self._lost.append(vmid)
            elif data.node_silent:
                self._node_silent(vmid, data)
            else:
                fallback[vmid] = data.summary
        for at, data in self._api.get_many(self._paths(fallback, "config", asked)):
            vmid = asked.pop(at)
            if isinstance(data, dict) and data:
                self._keep(vmid, data, [])
            elif isinstance(data, Refusal):
                self.unread[vmid] = data.summary
            else:
                self.unread[vmid] = "its configuration is empty or no object"

    def _paths(self, vmids: Mapping[str, object], leaf: str, asked: dict[str, str]) -> Iterator[str]:
        """One path per guest, made when it is needed: a node found silent meanwhile is not asked again."""
        for vmid in vmids:
            place = self._places[vmid]
            if not self._online.get(place.node, False):
                known = place.node in self._online
                self.unread[vmid] = (
                    f"node {place.node} is {'offline' if known else 'not in the list of nodes'}"
                )
            elif place.node in self._silent:
                self.unread[vmid] = self._silent[place.node]
            else:
                at = path("nodes", place.node, place.type, vmid, leaf)
                asked[at] = vmid
                yield at

    def _node_silent(self, vmid: str, refusal: Refusal) -> None:
        node = self._places[vmid].node
        self.unread[vmid] = self._silent.setdefault(node, f"node {node} does not answer ({refusal.summary})")

    def _keep(self, vmid: str, config: Mapping[str, Any], pending: list[str]) -> None:
        place = self._places[vmid]
        notes = str(config.get("description") or "").rstrip()
        row: Row = {
            "type": place.type,
            "node": place.node,
            "power": place.status,
            "pool": place.pool,
            "config": {key: value for key, value in config.items() if key != "description"},
            "pending": pending,
            "has_description": bool(notes),
        }
        if notes and self._api.settings.store_descriptions:
            row["description"] = notes
        self.rows[vmid] = row

    def again(self) -> None:
        """Find the guests that were not where they had been; who is in no list now was deleted."""
        if not self._lost:
            return
        lost, self._lost = self._lost, []
        host = self._api.settings.hosts[0]
        now, _ = places(rows(self._api.get("cluster/resources"), host, "cluster/resources"))
        self.configs({vmid: now[vmid] for vmid in lost if vmid in now})
        for vmid in self._lost:
            self.unread[vmid] = f"it moves between nodes; it was on {self._places[vmid].node} last"

    def power(self) -> None:
        """Whether guests run whose state the cluster does not know (pvestatd stalls): ask their nodes."""
        doubtful = {vmid for vmid, row in self.rows.items() if row["power"] not in {"running", "stopped"}}
        nodes = sorted({self._places[vmid].node for vmid in doubtful})
        asked = {path("nodes", node, kind): node for node in nodes for kind in ("qemu", "lxc")}
        for _, data in self._api.get_many(asked):
            for row in data if isinstance(data, list) else ():
                vmid = str(row.get("vmid")) if isinstance(row, dict) else ""
                if vmid in doubtful and row.get("status") in {"running", "stopped"}:
                    self.rows[vmid]["power"] = row["status"]
        for vmid in doubtful:
            if self.rows[vmid]["power"] not in {"running", "stopped"}:
                del self.rows[vmid]
                self.unread[vmid] = f"node {self._places[vmid].node} does not tell whether it runs"

    def addresses(self) -> None:
        """Ask running guests for their addresses; who does not say has none known."""
        asked = {at: vmid for vmid, row in self.rows.items() if (at := self._address_path(vmid, row))}
        found = self._api.get_many(asked, what="addresses", total=len(asked), within=_ADDRESS_SECONDS)
        for at, data in found:
            if not isinstance(data, Refusal):
                self.rows[asked[at]]["interfaces"] = data

    def _address_path(self, vmid: str, row: Row) -> str | None:
        if row["power"] != "running":
            return None
        if row["type"] == "lxc":
            return path("nodes", row["node"], "lxc", vmid, "interfaces")
        if not _agent_enabled(row["config"].get("agent")):
            return None
        return path("nodes", row["node"], "qemu", vmid, "agent", "network-get-interfaces")


def _agent_enabled(value: object) -> bool:
    try:
        enabled = property_string.parse(str(value or "0"), "enabled").get("enabled", "0")
    except ValueError:
        return False
    return enabled.lower() in {"1", "on", "yes", "true"}


def _pending(data: Any) -> tuple[dict[str, Any], list[str]]:
    """The configuration with its pending changes applied, and the keys that have one."""
    config: dict[str, Any] = {}
    changed: list[str] = []
    for item in data if isinstance(data, list) else ():
        if not isinstance(item, dict) or not item.get("key"):
            continue
        key = str(item["key"])
        deleted = str(item.get("delete") or "0") not in {"0", "False"}
        waiting = item.get("pending")
        if deleted or waiting is not None:
            changed.append(key)
        if not deleted:
            config[key] = item.get("value") if waiting is None else waiting
    return config, sorted(changed)
