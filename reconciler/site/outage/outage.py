"""The consequences of an outage: lost names, addresses and backups, and how full the other nodes get."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from reconciler.config.settings import CapacitySettings
from reconciler.model.key import Key
from reconciler.model.value import Row
from reconciler.site.addresses import holders
from reconciler.site.backup_jobs import BackupJobs
from reconciler.site.outage.parts import Parts, having, parts_down, without_disk
from reconciler.site.outage.reach import Reach
from reconciler.site.outage.rows import OutageRows
from reconciler.site.overlay import lay_over
from reconciler.site.portmap import ServicePath
from reconciler.site.site_model import SiteModel
from reconciler.site.subnets import canonical, number_of

_GATEWAYS = frozenset({"udm", "ugw", "uxg"})


@dataclass(frozen=True, slots=True)
class Outage:
    """All that is lost with some resources."""

    parts: Parts
    names: tuple[str, ...]
    """Public names that lead nowhere."""
    interrupted: tuple[str, ...]
    """Public names that are back when high availability has started their guest again."""
    addresses: tuple[str, ...]
    backups: tuple[Key, ...]
    """Guests that a backup job includes and that none can back up meanwhile."""
    memory: Mapping[Key, float]
    """Node that takes guests → what running guests are assigned, per unit of its memory."""
    too_small: tuple[Key, ...]
    """Guests that start again on a node without the memory for them."""
    nodes: tuple[Key, ...]
    """Nodes whose own addresses no switch port leads to any more."""
    without_quorum: tuple[str, ...]
    """Sources whose clusters have no quorum left."""
    unread: tuple[str, ...]
    """Sources whose own server is down."""
    gateways: tuple[Key, ...]
    clients: int
    """Clients that are connected through what is down."""


def outage(
    model: SiteModel, asked: tuple[Key, ...], servers: Mapping[str, Iterable[str]], settings: CapacitySettings
) -> Outage:
    """Return what is lost with some resources; `servers` are the addresses at which each source is read."""
    rows = OutageRows(model.inputs)
    parts = parts_down(model, rows, asked)
    after = SiteModel(lay_over(model.inputs.inventory, dict(_changes(model, parts))), settings)
    unread = tuple(source for source, hosts in servers.items() if _is_down(model, parts, hosts))
    lost, interrupted = _affected_names(model, parts, unread)
    taking = {Key(key.source, "node", each.node) for key, each in parts.placed.items() if each.node}
    ratios = {key: after.capacity[key].ratio("memory") for key in sorted(taking) if key in after.capacity}
    return Outage(
        parts=parts,
        names=lost,
        interrupted=interrupted,
        addresses=tuple(_addresses(model, parts)),
        backups=tuple(_backups(model, after, parts)),
        memory={key: ratio for key, ratio in ratios.items() if ratio is not None},
        too_small=tuple(sorted(key for key, each in parts.placed.items() if each.node and not each.fits)),
        nodes=tuple(_nodes_cut_off(model, parts)),
        without_quorum=tuple(_without_quorum(model, parts)),
        unread=unread,
        gateways=tuple(key for key in sorted(parts.down) if _is_gateway(rows, key)),
        clients=sum(1 for _ in _clients(model, parts)),
    )


def _is_gateway(rows: OutageRows, key: Key) -> bool:
    row = rows.devices.get(key)
    return row is not None and row.type in _GATEWAYS


def _changes(model: SiteModel, parts: Parts) -> Iterator[tuple[Key, Row]]:
    """Yield the rows that are other ones during the outage."""
    for key in parts.down:
        if key.kind == "node" and key in model.inputs.nodes:
            yield key, {"status": "offline"}
        elif key.kind == "storage" and key in model.inputs.storages:
            yield key, {"disabled": True}
        elif key.kind == "guest" and key in model.inputs.guests:
            yield key, {"power": "stopped"}
    for key, placement in parts.placed.items():
        if placement.node is not None and key not in parts.stopped:
            yield key, {"node": placement.node}


def _is_down(model: SiteModel, parts: Parts, hosts: Iterable[str]) -> bool:
    """Return whether all that have the addresses of a source's server are unreachable."""
    found = [having(model, address) for host in hosts if (address := canonical(host))]
    known = [each for each in found if each]
    return bool(known) and all(parts.unreachable.issuperset(each) for each in known)


def _affected_names(
    model: SiteModel, parts: Parts, unread: Iterable[str]
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return the public names that are lost, and those that are interrupted."""
    lost: dict[str, None] = {}
    interrupted: dict[str, None] = {}
    for path in model.paths:
        if not path.enabled:
            continue
        served_by_down = path.entry.kind != "port-forward" and path.entry.source in unread
        if served_by_down or path.entry in parts.down or _is_lost(model, parts, path):
            lost[path.name] = None
        elif path.holder in parts.placed:
            interrupted[path.name] = None
    return tuple(lost), tuple(name for name in interrupted if name not in lost)


def _is_lost(model: SiteModel, parts: Parts, path: ServicePath) -> bool:
    if path.address is None:
        return False
    found = having(model, path.address)
    return bool(found) and parts.unreachable.issuperset(found)


def _addresses(model: SiteModel, parts: Parts) -> Iterator[str]:
    """Yield the addresses of which everything that has them is unreachable, or whose network is down."""
    networks = {key for key in parts.down if key.kind == "network"}
    for address in sorted(model.addresses, key=number_of):
        evidence = model.addresses[address]
        found = holders(evidence)
        if not found:
            continue
        subnet = model.segments.subnet(evidence[0]) if networks else None
        if parts.unreachable.issuperset(found) or (subnet is not None and subnet.key in networks):
            yield address


def _backups(model: SiteModel, after: SiteModel, parts: Parts) -> Iterator[Key]:
    before_jobs, after_jobs = BackupJobs(model.inputs), BackupJobs(after.inputs)
    for key, guest in model.inputs.guests.items():
        if guest.template or not before_jobs.covers(key, guest):
            continue
        node = Key(key.source, "node", after.inputs.guests[key].node)
        is_away = node in parts.down or next(without_disk(key, guest, parts.down), None) is not None
        if is_away or not after_jobs.covers(key, after.inputs.guests[key]):
            yield key


def _nodes_cut_off(model: SiteModel, parts: Parts) -> Iterator[Key]:
    reach = Reach(model, parts.down)
    for key in model.inputs.nodes:
        own = [
            row.iface
            for row in model.inputs.node_networks.values()
            if row.node == key.id and (row.cidr or row.cidr6)
        ]
        if key not in parts.down and own and all(reach.link(key.source, key.id, each) for each in own):
            yield key


def _without_quorum(model: SiteModel, parts: Parts) -> Iterator[str]:
    """Yield the clusters that lose their quorum: half of the nodes or fewer stay online."""
    clusters: dict[str, list[Key]] = {}
    for key in model.inputs.nodes:
        clusters.setdefault(key.source, []).append(key)
    for source, nodes in clusters.items():
        online = [key for key in nodes if model.inputs.nodes[key].status == "online"]
        left = [key for key in online if key not in parts.down]
        if len(left) < len(online) and 2 * len(left) <= len(nodes) and len(nodes) > 1:
            yield source


def _clients(model: SiteModel, parts: Parts) -> Iterator[Key]:
    """Yield the clients on ports, radios and networks that are down."""
    for key, row in model.inputs.clients.items():
        places = [("switch-port", row.switch_port), ("network", row.network)]
        if any(name and Key(key.source, kind, name) in parts.down for kind, name in places):
            yield key
