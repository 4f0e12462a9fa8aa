"""The reading of guests: where each is, its configuration, and what is asked of it apart."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import replace
from typing import Any

from reconciler.collectors.http.values import notes_of
from reconciler.collectors.proxmox.absence import all_may_be_hidden, may_be_hidden
from reconciler.collectors.proxmox.cluster_state import (
    ClusterState,
    GuestPlace,
    guest_places,
    node_offline,
    node_silent,
)
from reconciler.collectors.proxmox.connection.api import ProxmoxApi, ProxmoxRequestFailed, path, rows
from reconciler.collectors.proxmox.context import ClusterFacts, GuestFacts, ProxmoxContext, context_of
from reconciler.collectors.proxmox.kinds.guest.backups import set_backups
from reconciler.collectors.proxmox.kinds.guest.raw import RawGuest, read_pending
from reconciler.collectors.proxmox.kinds.guest.running import set_addresses, set_power
from reconciler.collectors.proxmox.kinds.guest.snapshots import set_snapshots
from reconciler.errors import Problem
from reconciler.model.fingerprint import SET, RowFingerprinter
from reconciler.model.listing import Listing

_LATE_MAX = 3
"""So many guests of a node in a row without an answer in time: the node itself is not asked any more."""
_PART = 8
"""So many guests of each connection are read together where time ran out in the last run."""
_SECRET = frozenset({"description", "cipassword"})
_EMPTY = Problem("", "its configuration is empty or not an object", cause="bad-answer")


def fetch_guests(
    api: ProxmoxApi, state: ClusterState, cluster: ClusterFacts | None = None
) -> Listing[RawGuest, ProxmoxContext]:
    """Read every guest that the cluster lists; those that could not be read are unread."""
    problem = state.listing_problem("/vms", "VM.Audit")
    if problem is None and not state.guests:
        problem = all_may_be_hidden(api, "guest")
    reading = _Reading(api, state)
    for part in _parts(api, state.guests):
        reading.configs({vmid: state.guests[vmid] for vmid in part})
        reading.again()
        reading.raw_lines()
    reading.give_up(set_power(api, reading.found))
    set_addresses(api, reading.found)
    gone = sorted(api.expected.get("guest", frozenset()) - state.guests.keys())
    left = set_backups(api, state, reading.found, gone)
    snapshots, without = set_snapshots(api, reading.found)
    hidden: dict[str, Problem] = {}
    if problem is None:
        hidden = _hidden(api, state, reading.found.keys() | reading.unread.keys())
    facts = GuestFacts(
        firewalled=frozenset(vmid for vmid, raw in reading.found.items() if _has_firewall(raw.config)),
        hidden={_where(vmid): each for vmid, each in hidden.items()},
        left_backups=left,
        snapshots=snapshots,
        without_snapshots={**reading.unread, **without},
    )
    context = replace(context_of(api, state), cased_tags=_cased_tags(reading.found, cluster))
    return Listing(reading.found, context, problem, {**reading.unread, **hidden}, facts=facts)


def _cased_tags(found: Mapping[str, RawGuest], cluster: ClusterFacts | None) -> bool:
    """Return whether the case of tags counts; where that is not known, tags that have any are unread."""
    cased = cluster.cased_tags if cluster is not None else None
    if cased is None:
        for raw in found.values():
            tags = str(raw.config.get("tags") or "")
            if tags != tags.casefold():
                raw.unread = (*raw.unread, "tags")
    return bool(cased)


def _parts(api: ProxmoxApi, guests: Iterable[str]) -> Iterator[Sequence[str]]:
    """Yield all guests in one part; in small ones where time ran out, so that some are read to their end."""
    vmids = api.in_order("guest", guests)
    size = _PART * api.settings.connections if "guest" in api.first else len(vmids)
    return (vmids[at : at + size] for at in range(0, len(vmids), size or 1))


def _where(vmid: str) -> str:
    return f"/vms/{vmid}"


def _has_firewall(config: Mapping[str, Any]) -> bool:
    return any(key.startswith("net") and "firewall=1" in str(nic).split(",") for key, nic in config.items())


def _hidden(api: ProxmoxApi, state: ClusterState, listed: AbstractSet[str]) -> dict[str, Problem]:
    """Return the guests that may be hidden."""
    return may_be_hidden(api, "guest", listed, state.paths_of_guest, _where)


class _Reading:
    """The guests that have been read so far."""

    def __init__(self, api: ProxmoxApi, state: ClusterState) -> None:
        self._api = api
        self._state = state
        self._online = state.nodes
        self._pools_known = state.listing_problem("/pool", "Pool.Audit") is None
        self._places: dict[str, GuestPlace] = {}
        self._silent: dict[str, Problem] = {}
        """Node → why it does not answer, although the cluster lists it as online."""
        self._late: Counter[str] = Counter()
        """Node → how many of its guests in a row did not answer in time."""
        self._lost: list[str] = []
        self.found: dict[str, RawGuest] = {}
        self.unread: dict[str, Problem] = {}

    def configs(self, guests: Mapping[str, GuestPlace]) -> None:
        """Read the configuration of guests: `/pending`, or `/config` where that is refused or empty."""
        self._places |= guests
        asked: dict[str, str] = {}
        fallback: dict[str, Problem] = {}
        found = self._api.get_many(self._paths(guests, "pending", asked), what="guests", total=len(guests))
        for at, data in found:
            vmid = asked.pop(at)
            if isinstance(data, ProxmoxRequestFailed):
                self._failed(vmid, data, fallback)
                continue
            config, running = read_pending(data)
            if config:
                self._keep(vmid, config, running)
            else:
                fallback[vmid] = _EMPTY
        for at, data in self._api.get_many(self._paths(fallback, "config", asked)):
            vmid = asked.pop(at)
            if isinstance(data, ProxmoxRequestFailed):
                self._failed(vmid, data, self.unread)
            elif isinstance(data, dict) and data:
                self._keep(vmid, data, None, "pending")
                self.found[vmid].lxc = data.get("lxc") or []
            else:
                self.unread[vmid] = _EMPTY

    def _failed(self, vmid: str, failure: ProxmoxRequestFailed, others: dict[str, Problem]) -> None:
        """Note a guest that could not be read; into `others` where neither place nor node is the cause."""
        if failure.timed_out:
            self._too_late(vmid, failure)
        elif failure.gone:
            self._lost.append(vmid)
        elif failure.node_silent:
            self._node_silent(vmid, failure)
        else:
            others[vmid] = failure.problem

    def _paths(self, vmids: Iterable[str], leaf: str, asked: dict[str, str]) -> Iterator[str]:
        """Yield one path per guest when it is needed: a node found silent meanwhile is not asked again."""
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

    def _node_silent(self, vmid: str, failure: ProxmoxRequestFailed) -> None:
        node = self._places[vmid].node
        self.unread[vmid] = self._silent.setdefault(node, node_silent(node, failure))

    def _too_late(self, vmid: str, failure: ProxmoxRequestFailed) -> None:
        """Note a guest that hangs: only it is unread; if several in a row hang, their node is to blame."""
        node = self._places[vmid].node
        self._late[node] += 1
        self.unread[vmid] = failure.problem
        if self._late[node] >= _LATE_MAX:
            self._node_silent(vmid, failure)

    def _keep(
        self, vmid: str, config: Mapping[str, Any], running: Mapping[str, Any] | None, *unread: str
    ) -> None:
        """Keep a guest that was read; without rights on pools, its pool is unread."""
        place = self._places[vmid]
        self._late[place.node] = 0
        notes = notes_of(config, "description")
        hidden_pool = place.pool is None and not self._pools_known
        raw = RawGuest(
            type=place.type,
            node=place.node,
            status=place.status,
            ha_state=place.ha_state,
            pool=place.pool,
            config=_without_secrets(config),
            running=None if running is None else _without_secrets(running),
            has_description=bool(notes),
            unread=(*(("pool",) if hidden_pool else ()), *unread),
        )
        if notes and self._api.settings.store_descriptions:
            raw.description = notes
        self._fingerprint(vmid, raw, notes, str(config.get("cipassword") or ""))
        self.found[vmid] = raw

    def _fingerprint(self, vmid: str, raw: RawGuest, notes: str, password: str) -> None:
        """Keep the notes and the cloud-init password as secrets; Proxmox VE masks the password."""
        row = RowFingerprinter(f"guest/{vmid}", self._api.fingerprinter)
        raw.description_fingerprint = row.secret("/description", notes)
        masked = password and not password.strip("*")
        raw.cloud_init_password = SET if masked else row.secret("/cipassword", password)

    def again(self) -> None:
        """Find the guests that were not where they had been; one that is in no list now was deleted."""
        if not self._lost:
            return
        lost, self._lost = self._lost, []
        try:
            host = self._api.settings.hosts[0]
            now, _ = guest_places(rows(self._api.get("cluster/resources"), host, "cluster/resources"))
        except ProxmoxRequestFailed as failure:
            what = f"it moved, and its new node cannot be read ({failure.summary})"
            moved = Problem("", what, cause="changed-while-reading")
            self.unread |= dict.fromkeys(lost, failure.problem if failure.for_time else moved)
            return
        before = {vmid: self._places[vmid].node for vmid in lost}
        self.configs({vmid: now[vmid] for vmid in lost if vmid in now})
        for vmid in self._lost:
            self.unread[vmid] = _still_lost(before[vmid], self._places[vmid].node)

    def raw_lines(self) -> None:
        """Read the raw lines of containers: `/pending` leaves out what is not a plain value."""
        containers = [vmid for vmid, raw in self.found.items() if raw.type == "lxc" and raw.lxc is None]
        asked: dict[str, str] = {}
        for at, data in self._api.get_many(self._paths(containers, "config", asked)):
            raw = self.found[asked[at]]
            if isinstance(data, ProxmoxRequestFailed) and data.for_time:
                self.give_up({asked[at]: data.problem})
            elif isinstance(data, dict):
                raw.lxc = data.get("lxc") or []
            else:
                raw.unread = (*raw.unread, "lxc_lines", "lxc_secrets")

    def give_up(self, problems: Mapping[str, Problem]) -> None:
        """Take guests of which something that every run needs could not be read as unread."""
        for vmid, problem in problems.items():
            del self.found[vmid]
            self.unread[vmid] = problem


def _still_lost(before: str, now: str) -> Problem:
    """Return why a guest is not found on the node where the cluster lists it, asked for twice."""
    if before != now:
        return Problem("", f"it is moving between nodes; it was last on {now}", cause="changed-while-reading")
    what = f"the cluster lists it on {now}, but that node answers that it does not exist"
    remedy = "run `qm list` or `pct list` there; if it is listed, check any proxy in front of the API"
    return Problem(f"node {now}", what, remedy, "bad-answer")


def _unlisted(node: str) -> Problem:
    return Problem(f"node {node}", "not in the list of nodes", cause="bad-answer")


def _without_secrets(config: Mapping[str, Any]) -> dict[str, Any]:
    """Return a configuration without the notes, in which people write secrets, and without the password."""
    return {key: value for key, value in config.items() if key not in _SECRET}
