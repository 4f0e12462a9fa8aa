"""Every address of the site: who has it, how that is known, and what is declared of it.

An evidence is one place that says that something has an address. `configured` is what a source is set to,
`observed` what was seen to be so, `declared` what `desired-state/site/address.yaml` says.
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Literal, NamedTuple

from reconciler.model.key import Key
from reconciler.model.value import Row
from reconciler.site.inputs import Facts, canonical, number_of

How = Literal["configured", "observed", "declared", "inferred"]


class Evidence(NamedTuple):
    """One place that says that something has an address."""

    address: str
    how: How
    key: Key
    """The resource that says so."""
    field: str
    """JSON pointer of the field that does."""
    holder: Key
    """What has the address: whose MAC address it is, or the resource itself."""
    mac: str | None = None


Addresses = Mapping[str, list[Evidence]]
"""Address → what says that something has it, in order of the keys."""


def addresses(facts: Facts) -> dict[str, list[Evidence]]:
    """The evidence of every address, from every source."""
    found: dict[str, list[Evidence]] = {}

    def add(every: Iterable[Evidence]) -> None:
        for evidence in every:
            if not _private_to_host(evidence.address):
                found.setdefault(evidence.address, []).append(evidence)

    add(_guests(facts))
    add(_nodes(facts))
    add([*_unifi(facts, found)])
    add(_declared(facts))
    for each in found.values():
        if len(each) > 1:
            each.sort(key=lambda one: (one.key, one.field))
    return found


def holders(evidence: list[Evidence]) -> list[Key]:
    """What has an address, by configuration or by sight, each once."""
    return list(dict.fromkeys(one.holder for one in evidence if one.how != "declared"))


def _guests(facts: Facts) -> Iterator[Evidence]:
    observed = facts.observed("guest")
    for key, row in facts.rows("guest").items():
        if row.get("template"):
            continue
        yield from _configured(key, row)
        seen = observed.get(key)
        if seen and seen.get("addresses"):
            yield from _told(key, seen["addresses"])


def _configured(key: Key, row: Mapping[str, Any]) -> Iterator[Evidence]:
    """What a container's NICs and a VM's cloud-init are set to."""
    nics = row["nics"]
    for slot, nic in nics.items():
        for field in ("ip", "ip6"):
            address = _bare(nic.get(field))
            if address:
                yield Evidence(address, "configured", key, f"/nics/{slot}/{field}", key, nic.get("mac"))
    init = row.get("cloud_init")
    for slot, config in init["ipconfig"].items() if init else ():
        mac = nics.get(f"net{slot.removeprefix('ipconfig')}", {}).get("mac")
        for field in ("ip", "ip6"):
            address = _bare(config.get(field))
            if address:
                pointer = f"/cloud_init/ipconfig/{slot}/{field}"
                yield Evidence(address, "configured", key, pointer, key, mac)


def _told(key: Key, interfaces: Mapping[str, Any]) -> Iterator[Evidence]:
    """What the guest itself says."""
    for name, interface in interfaces.items():
        mac = interface.get("mac")
        for address in dict.fromkeys(each.partition("/")[0] for each in interface["addresses"]):
            yield Evidence(address, "observed", key, f"/addresses/{name}", key, mac)


def _nodes(facts: Facts) -> Iterator[Evidence]:
    nodes = {(key.source, key.id): key for key in facts.rows("node")}
    for key, row in facts.rows("node-network").items():
        holder = nodes.get((key.source, row["node"]), key)
        for field in ("cidr", "cidr6"):
            address = _bare(row.get(field))
            if address:
                yield Evidence(address, "configured", key, f"/{field}", holder)
    for key, row in facts.rows("node").items():
        address = canonical(row.get("address") or "")
        if address is not None:
            yield Evidence(address, "observed", key, "/address", key)


def _unifi(facts: Facts, told: Addresses) -> Iterator[Evidence]:
    """What the controller knows; of several with one MAC address, the one that tells it itself."""
    guests, by_mac = facts.rows("guest"), facts.mac_owners

    def holder(key: Key, address: str) -> Key:
        owners = by_mac.get(key.id, ())
        if len(owners) > 1:
            said = {one.holder for one in told.get(address, ())}
            return min(owners, key=lambda each: (each not in said, _stopped(guests, each), each))
        return owners[0] if owners else key._replace(kind="client")

    yield from _devices(facts)
    for key, row in facts.rows("reservation").items():
        if row.get("fixed_ip"):
            yield Evidence(
                row["fixed_ip"], "configured", key, "/fixed_ip", holder(key, row["fixed_ip"]), key.id
            )
    for key, row in facts.observed("client").items():
        if row.get("ip"):
            yield Evidence(row["ip"], "observed", key, "/ip", holder(key, row["ip"]), key.id)


def _stopped(guests: Mapping[Key, Mapping[str, Any]], key: Key) -> bool:
    return key in guests and guests[key].get("power") != "running"


def _devices(facts: Facts) -> Iterator[Evidence]:
    """Gateways of networks, and the devices' own addresses; that of the gateway device is one of them."""
    for subnet in facts.subnets:
        yield Evidence(subnet.gateway, "configured", subnet.key, "/ip_subnet", subnet.key)
    gateways = {subnet.gateway for subnet in facts.subnets}
    for key, row in facts.rows("device").items():
        fixed = row["ip_settings"].get("ip")
        if fixed:
            yield Evidence(fixed, "configured", key, "/ip_settings/ip", key, key.id)
    for key, row in facts.observed("device").items():
        if row.get("ip") and row["ip"] not in gateways:
            yield Evidence(row["ip"], "observed", key, "/ip", key, key.id)


def _declared(facts: Facts) -> Iterator[Evidence]:
    for key, row in facts.rows("address").items():
        owner = row.get("owner")
        yield Evidence(key.id, "declared", key, "", Key.parse(owner) if owner else key, row.get("mac"))


def _bare(value: Any) -> str | None:
    """The address of `192.0.2.5/24`; None for `dhcp` and the like."""
    address = str(value or "").partition("/")[0]
    return address if "." in address or ":" in address else None


def _private_to_host(address: str) -> bool:
    """Loopback and link-local addresses (RFC 4291, RFC 3927): each host has them for itself."""
    return address.startswith(("127.", "169.254.", "fe8", "fe9", "fea", "feb")) or address == "::1"


def document(facts: Facts, found: Addresses) -> list[Row]:
    """`/v1/addresses`: each address in order, with what is declared and seen of it."""
    return [_row(facts, address, found[address]) for address in sorted(found, key=number_of)]


def _row(facts: Facts, address: str, evidence: list[Evidence]) -> Row:
    declared = next((one for one in evidence if one.how == "declared"), None)
    row: Row = {
        "address": address,
        "holders": [str(key) for key in holders(evidence)],
        "evidence": [
            {
                "how": one.how,
                "key": str(one.key),
                "field": one.field,
                "mac": one.mac,
                "as_of": facts.moment(one.key),
            }
            for one in evidence
        ],
    }
    subnet = facts.subnet_of(address)
    if subnet is not None:
        row["network"] = str(subnet.key)
        row["vlan"] = subnet.vlan
    if declared is not None:
        fields = facts.rows("address")[declared.key]
        row["declared"] = {name: value for name, value in fields.items() if name != "unmodelled"}
    return row
