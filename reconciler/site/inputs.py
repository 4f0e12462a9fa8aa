"""The inputs of the site model and its rules: typed rows by kind, and which lists can be trusted.

Everything here is a value made of an inventory: no API, no clock, no order of sources.
"""

from collections.abc import Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from functools import cached_property
from itertools import groupby
from operator import itemgetter
from typing import NamedTuple

from reconciler.model.key import Key
from reconciler.model.snapshot import Inventory, Scope
from reconciler.model.value import timestamp
from reconciler.site import guest_rows, rows
from reconciler.site.rows import KindName
from reconciler.site.subnets import SubnetTable, UnifiSubnet, subnets
from reconciler.site.typed_rows import TypedRows


class AttachedNic(NamedTuple):
    """A NIC with the guest that it is of."""

    guest: Key
    slot: str
    mac: str | None
    bridge: str | None
    tag: int | None
    ip: str | None
    ip6: str | None
    node: str
    link_down: bool


def _nic(guest: Key, slot: str, nic: guest_rows.NicRow, node: str) -> AttachedNic:
    bridge, tag, ip, ip6 = nic.get("bridge"), nic.get("tag"), nic.get("ip"), nic.get("ip6")
    return AttachedNic(guest, slot, nic.get("mac"), bridge, tag, ip, ip6, node, nic.get("link_down", False))


class SiteInputs:
    """The rows of one run by kind, each kind in order of its keys."""

    addresses = TypedRows("address", rows.AddressRow)
    backup_jobs = TypedRows("backup-job", rows.BackupJobRow)
    cables = TypedRows("cable", rows.CableRow)
    certificates = TypedRows("certificate", rows.CertificateSeen, observed=True)
    clients = TypedRows("client", rows.ClientSeen, observed=True)
    clusters = TypedRows("cluster", rows.ClusterRow)
    clusters_seen = TypedRows("cluster", rows.ClusterSeen, observed=True)
    dead_hosts = TypedRows("dead-host", rows.DeadHostRow)
    devices = TypedRows("device", rows.DeviceRow)
    devices_seen = TypedRows("device", rows.DeviceSeen, observed=True)
    guests = TypedRows("guest", guest_rows.GuestRow)
    guests_seen = TypedRows("guest", guest_rows.GuestSeen, observed=True)
    networks = TypedRows("network", rows.NetworkRow)
    node_networks = TypedRows("node-network", rows.NodeNetworkRow)
    nodes = TypedRows("node", rows.NodeRow)
    nodes_seen = TypedRows("node", rows.NodeSeen, observed=True)
    port_forwards = TypedRows("port-forward", rows.PortForwardRow)
    proxy_hosts = TypedRows("proxy-host", rows.ProxyHostRow)
    redirection_hosts = TypedRows("redirection-host", rows.RedirectionHostRow)
    reservations = TypedRows("reservation", rows.ReservationRow)
    sdn_vnets = TypedRows("sdn-vnet", rows.SdnVnetRow)
    sdn_zones = TypedRows("sdn-zone", rows.SdnZoneRow)
    static_dns = TypedRows("static-dns", rows.StaticDnsRow)
    storages = TypedRows("storage", rows.StorageRow)
    storages_seen = TypedRows("storage", rows.StorageSeen, observed=True)
    streams = TypedRows("stream", rows.StreamRow)
    switch_ports = TypedRows("switch-port", rows.SwitchPortRow)
    switch_ports_seen = TypedRows("switch-port", rows.SwitchPortSeen, observed=True)

    def __init__(self, inventory: Inventory) -> None:
        self.inventory = inventory
        self.config_keys: Mapping[str, list[Key]] = _keys_by_kind(inventory.config)
        self.observed_keys: Mapping[str, list[Key]] = _keys_by_kind(inventory.observed)
        self._scopes: dict[str, list[Scope]] = {}
        for scope in sorted(inventory.scopes, key=lambda each: (each.source, each.kind)):
            self._scopes.setdefault(scope.kind, []).append(scope)

    @cached_property
    def _earlier(self) -> Mapping[Key, str]:
        return {key: timestamp(moment) for key, moment in self.inventory.as_of.items()}

    @cached_property
    def _now(self) -> str:
        return timestamp(self.inventory.run.collected_at)

    def moment(self, key: Key) -> str:
        """Return when a row was read: by an earlier run, where this one could not."""
        return self._earlier.get(key, self._now)

    def has(self, kind: KindName) -> bool:
        """Return whether any configured source has a kind, or it is declared."""
        return kind in self._scopes

    def sources(self, kind: KindName) -> list[str]:
        """Return the sources that have a kind."""
        return [scope.source for scope in self._scopes.get(kind, ())]

    def are_listed(self, kinds: Iterable[KindName]) -> bool:
        """Return whether every source that has some kinds listed them, single unread rows apart."""
        return all(scope.listed == "complete" for kind in kinds for scope in self._scopes.get(kind, ()))

    def why_incomplete(self, *kinds: KindName) -> str | None:
        """Return why some kinds may have more rows than were read; None where their lists are complete.

        A kind that no configured source has is not complete either.
        """
        for kind in kinds:
            if kind not in self._scopes:
                return f"no configured source has the kind {kind}"
            for scope in self._scopes[kind]:
                if scope.listed != "complete":
                    return f"{scope.source}/{kind}: {scope.problem or f'the list is {scope.listed}'}"
                if scope.unread:
                    first = min(scope.unread)
                    return f"{scope.source}/{kind}/{first}: {scope.unread[first]}"
            for key, fields in self.unread_fields.get(kind, {}).items():
                if not fields <= _OWN_ONLY.get(kind, _NONE):
                    return f"{key}: {', '.join(sorted(fields))} could not be read"
        return None

    @cached_property
    def unread_fields(self) -> Mapping[str, Mapping[Key, AbstractSet[str]]]:
        """Kind → rows without some of the fields that are read here, because a run could not read them."""
        found: dict[str, dict[Key, AbstractSet[str]]] = {}
        lacking = [(key, row["unread"]) for key, row in self.inventory.observed.items() if "unread" in row]
        for key, unread in lacking:
            if isinstance(unread, list | tuple) and (
                fields := _FIELDS.get(key.kind, _NONE).intersection(unread)
            ):
                found.setdefault(key.kind, {})[key] = fields
        return found

    @cached_property
    def doubtful(self) -> AbstractSet[Key]:
        """The rows that only an earlier run read, or that lack a field: no evidence for a new violation."""
        return {*self.inventory.as_of, *(key for each in self.unread_fields.values() for key in each)}

    @cached_property
    def nics_of(self) -> Mapping[Key, list[AttachedNic]]:
        """The NICs of each guest, templates apart."""
        return {
            key: [_nic(key, slot, nic, guest.node) for slot, nic in guest.nics.items()]
            for key, guest in self.guests.items()
            if not guest.template
        }

    @cached_property
    def nics(self) -> Sequence[AttachedNic]:
        """The NICs of every guest, templates apart."""
        return [nic for own in self.nics_of.values() for nic in own]

    @cached_property
    def mac_owners(self) -> Mapping[str, tuple[Key, ...]]:
        """MAC address → the guests and devices that have it by their configuration."""
        found: dict[str, tuple[Key, ...]] = {key.id: (key,) for key in self.devices}
        for mac, nics in self.nics_by_mac.items():
            guests = (nics[0].guest,) if len(nics) == 1 else tuple(dict.fromkeys(nic.guest for nic in nics))
            found[mac] = (*found[mac], *guests) if mac in found else guests
        return found

    @cached_property
    def nics_by_mac(self) -> Mapping[str, list[AttachedNic]]:
        """MAC address → the NICs of guests that have it."""
        found: dict[str, list[AttachedNic]] = {}
        for nic in self.nics:
            if nic.mac:
                found.setdefault(nic.mac, []).append(nic)
        return found

    @cached_property
    def subnets(self) -> tuple[UnifiSubnet, ...]:
        """The networks with an address range."""
        return tuple(subnets(self.networks))

    @cached_property
    def subnets_by_vlan(self) -> Mapping[int, list[UnifiSubnet]]:
        """VLAN → the networks that have it and an address range."""
        found: dict[int, list[UnifiSubnet]] = {}
        for subnet in self.subnets:
            if subnet.vlan is not None:
                found.setdefault(subnet.vlan, []).append(subnet)
        return found

    @cached_property
    def networks_by_vlan(self) -> Mapping[int, list[Key]]:
        """VLAN → the networks that have it."""
        found: dict[int, list[Key]] = {}
        for key, row in self.networks.items():
            if row.vlan is not None:
                found.setdefault(row.vlan, []).append(key)
        return found

    @cached_property
    def reservations_by_address(self) -> Mapping[str, list[Key]]:
        """Address → the reservations that hold it."""
        found: dict[str, list[Key]] = {}
        for key, row in self.reservations.items():
            if row.fixed_ip is not None:
                found.setdefault(row.fixed_ip, []).append(key)
        return found

    @cached_property
    def subnet_table(self) -> SubnetTable:
        """Which network an address lies in."""
        return SubnetTable(self.subnets)


_NONE: frozenset[str] = frozenset()
_TYPED = [each for each in vars(SiteInputs).values() if isinstance(each, TypedRows)]
_FIELDS = {
    each.kind: frozenset(
        name for other in _TYPED if other.kind == each.kind for name in other.row.__annotations__
    )
    for each in _TYPED
}
"""Kind → the fields that are read here."""
_OWN_ONLY = {each.kind: each.row.own_only for each in _TYPED if each.row.own_only}


def _keys_by_kind(keys: Iterable[Key]) -> dict[str, list[Key]]:
    """Keys by kind, each kind in order: whichever was read first, the result is the same."""
    found: dict[str, list[Key]] = {}
    for kind, own in groupby(sorted(keys), itemgetter(1)):
        found.setdefault(kind, []).extend(own)
    return found
