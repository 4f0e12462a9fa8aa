"""Every address of the site: who has it, how that is known, and what is declared of it.

An evidence is one place that shows that something has an address. `configured` is a setting of a source,
`observed` was seen to be so, `declared` stands in `desired-state/site/address.yaml`.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from operator import itemgetter
from typing import Literal, NamedTuple

from reconciler.model.fields.addresses import is_host_local
from reconciler.model.key import Key
from reconciler.model.value import Row
from reconciler.site.guest_rows import CloudInitRow
from reconciler.site.inputs import AttachedNic, SiteInputs
from reconciler.site.subnets import canonical, number_of

How = Literal["configured", "observed", "declared", "inferred"]

AddressState = Literal["gateway", "taken", "observed", "reserved", "declared", "dhcp"]
"""gateway; taken: something is set to it; observed: only seen in use; reserved or declared: not in use;
dhcp: declared as the first of a range."""


class AddressEvidence(NamedTuple):
    """One place that shows that something has an address."""

    address: str
    how: How
    key: Key
    """The resource that shows it."""
    field: str
    """JSON pointer of the field that does."""
    holder: Key
    """The resource that has the address: whose MAC address it is, or the resource itself."""
    mac: str | None = None


AddressTable = Mapping[str, list[AddressEvidence]]
"""Address → what shows that something has it, in order of the keys."""


def addresses(inputs: SiteInputs) -> dict[str, list[AddressEvidence]]:
    """Return the evidence of every address, from every source."""
    found: dict[str, list[AddressEvidence]] = {}

    def add(every: Iterable[AddressEvidence]) -> None:
        for evidence in every:
            known = found.get(evidence.address)
            if known is not None:
                known.append(evidence)
            elif not is_host_local(evidence.address):
                found[evidence.address] = [evidence]

    add(_guests(inputs))
    add(_nodes(inputs))
    add([*_devices(inputs), *_by_mac(inputs, found)])
    add(_declared(inputs))
    in_order = itemgetter(2, 3)  # key and field
    for each in found.values():
        if len(each) > 1:
            each.sort(key=in_order)
    return found


def holders(evidence: Iterable[AddressEvidence]) -> list[Key]:
    """Return what has an address, by configuration or by observation, each once."""
    return list(dict.fromkeys(one.holder for one in evidence if one.how != "declared"))


def state_of(every: Sequence[AddressEvidence], role: str | None) -> AddressState:
    """Return the state of an address from what shows it, and the role that it is declared with."""
    configured = [one.key.kind for one in every if one.how == "configured"]
    if "network" in configured:
        return "gateway"
    if any(kind != "reservation" for kind in configured):
        return "taken"
    if any(one.how == "observed" for one in every):
        return "observed"
    if configured or role == "reserved":
        return "reserved"
    return "dhcp" if role == "dhcp-pool" else "declared"


def _guests(inputs: SiteInputs) -> Iterator[AddressEvidence]:
    guests, seen = inputs.guests, inputs.guests_seen
    for key, nics in inputs.nics_of.items():
        for nic in nics:
            if nic.ip or nic.ip6:
                yield from _pair(key, f"/nics/{nic.slot}", nic.ip, nic.ip6, nic.mac)
        init = guests[key].cloud_init
        if init is not None:
            yield from _cloud_init(key, init, nics)
        reported = seen[key].addresses if key in seen else None
        for name, interface in reported.items() if reported else ():
            mac = interface.get("mac")
            for address in {each.partition("/")[0]: None for each in interface["addresses"]}:
                yield AddressEvidence(address, "observed", key, f"/addresses/{name}", key, mac)


def _cloud_init(key: Key, init: CloudInitRow, nics: Iterable[AttachedNic]) -> Iterator[AddressEvidence]:
    macs = {nic.slot: nic.mac for nic in nics}
    for slot, config in init["ipconfig"].items():
        mac = macs.get(f"net{slot.removeprefix('ipconfig')}")
        yield from _pair(key, f"/cloud_init/ipconfig/{slot}", config.get("ip"), config.get("ip6"), mac)


def _pair(
    key: Key, pointer: str, ip: str | None, ip6: str | None, mac: str | None
) -> Iterator[AddressEvidence]:
    """Yield what a NIC is set to, in its two fields."""
    for field, text in (("ip", ip), ("ip6", ip6)):
        address = _without_prefix(text)
        if address:
            yield AddressEvidence(address, "configured", key, f"{pointer}/{field}", key, mac)


def _nodes(inputs: SiteInputs) -> Iterator[AddressEvidence]:
    nodes = {(key.source, key.id): key for key in inputs.nodes}
    for key, row in inputs.node_networks.items():
        holder = nodes.get((key.source, row.node), key)
        for field, text in (("cidr", row.cidr), ("cidr6", row.cidr6)):
            address = _without_prefix(text)
            if address:
                yield AddressEvidence(address, "configured", key, f"/{field}", holder)
    for key, node in inputs.nodes.items():
        address = canonical(node.address or "")
        if address is not None:
            yield AddressEvidence(address, "observed", key, "/address", key)


def _devices(inputs: SiteInputs) -> Iterator[AddressEvidence]:
    """Yield the gateways of networks, and the devices' own addresses, of which a gateway's is one."""
    for subnet in inputs.subnets:
        yield AddressEvidence(subnet.gateway, "configured", subnet.key, "/ip_subnet", subnet.key)
    gateways = {subnet.gateway for subnet in inputs.subnets}
    for key, row in inputs.devices.items():
        fixed: str | None = row.ip_settings.get("ip")
        if fixed:
            yield AddressEvidence(fixed, "configured", key, "/ip_settings/ip", key, key.id)
    for key, seen in inputs.devices_seen.items():
        if seen.ip and seen.ip not in gateways:
            yield AddressEvidence(seen.ip, "observed", key, "/ip", key, key.id)


def _by_mac(inputs: SiteInputs, known: AddressTable) -> Iterator[AddressEvidence]:
    """Yield what the controller knows by MAC address: reservations and clients.

    Of several with one MAC address, the one that is known to have the address has it.
    """
    owners = inputs.mac_owners

    def among(several: Sequence[Key], address: str) -> Key:
        also = {one.holder for one in known.get(address, ())}
        return min(several, key=lambda each: (each not in also, _is_stopped(inputs, each), each))

    for key, row in inputs.reservations.items():
        address, own = row.fixed_ip, owners.get(key.id, (Key(key.source, "client", key.id),))
        if address:
            who = own[0] if len(own) == 1 else among(own, address)
            yield AddressEvidence(address, "configured", key, "/fixed_ip", who, key.id)
    for key, seen in inputs.clients.items():
        address, own = seen.ip, owners.get(key.id, (key,))
        if address:
            who = own[0] if len(own) == 1 else among(own, address)
            yield AddressEvidence(address, "observed", key, "/ip", who, key.id)


def _is_stopped(inputs: SiteInputs, key: Key) -> bool:
    return key in inputs.guests and inputs.guests[key].power != "running"


def _declared(inputs: SiteInputs) -> Iterator[AddressEvidence]:
    for key, row in inputs.addresses.items():
        yield AddressEvidence(
            key.id, "declared", key, "", Key.parse(row.owner) if row.owner else key, row.mac
        )


def _without_prefix(text: str | None) -> str | None:
    """The address of `192.0.2.5/24`; None for `dhcp` and the like."""
    address = text.partition("/")[0] if text else ""
    return address if "." in address or ":" in address else None


def document(inputs: SiteInputs, table: AddressTable) -> list[Row]:
    """Return `/v1/addresses`: each address in order, with what is declared and seen of it."""
    return [_row(inputs, address, table[address]) for address in sorted(table, key=number_of)]


def _row(inputs: SiteInputs, address: str, evidence: list[AddressEvidence]) -> Row:
    declared = next((one for one in evidence if one.how == "declared"), None)
    row: Row = {
        "address": address,
        "state": state_of(evidence, None if declared is None else inputs.addresses[declared.key].role),
        "holders": [str(key) for key in holders(evidence)],
        "evidence": [
            {
                "confidence": one.how,
                "key": str(one.key),
                "field": one.field,
                "mac": one.mac,
                "as_of": inputs.moment(one.key),
            }
            for one in evidence
        ],
    }
    subnet = inputs.subnet_table.find(address)
    if subnet is not None:
        row["network"] = str(subnet.key)
        row["vlan"] = subnet.vlan
    if declared is not None:
        fields = inputs.inventory.config[declared.key]
        row["declared"] = {name: value for name, value in fields.items() if name != "unmodelled"}
    return row


def mentioned(inputs: SiteInputs, table: AddressTable) -> Iterator[Key]:
    """Yield every key that the document mentions."""
    for evidence in table.values():
        for one in evidence:
            yield one.key
            yield one.holder
    yield from (subnet.key for subnet in inputs.subnets)
