"""Two hosts have the same address.

Traffic goes to whichever answers first, and that can change. The finding is about
`site/address/<address>`; the hosts are related.

Fires:
    If an address has more than one holder within one network. An address counts if it is configured (a
    container's NIC, a VM's cloud-init, a node's interface, a gateway, a device, a reservation) or seen (by
    a guest agent, a node, a device, the client list). A stopped guest counts with its configured addresses.
    The holder is the guest or device with that MAC address; a client with an unknown MAC address is a
    separate holder. The network is derived from the NIC (its bridge and VLAN tag) or from the controller
    (its site, and the client's network); if VLAN or site is unknown, it may be any network.

Does not fire:
    Between networks: other VLANs or UniFi sites, bridges without a port, vnets, interfaces inside a guest
    with an address outside all UniFi networks. For an address declared with `role: vip`; for templates; for
    a disconnected NIC (`link_down`); for loopback and link-local addresses; for an address that is only
    declared. One client with the address of a node, gateway or device does not count: no source reports
    their own MAC addresses. While the guest list is incomplete, several unknown clients count as one: they
    may be NICs of one guest.

Fix:
    Give one of them another address.

Accept:
    Declare the virtual address that routers share in `desired-state/site/address.yaml`:

    ```yaml
    192.168.11.5: {service: keepalived of the DNS servers, role: vip}
    ```
"""

from collections.abc import Iterator, Sequence
from collections.abc import Set as AbstractSet

from reconciler.config.file import SITE
from reconciler.model.key import Key
from reconciler.model.rule import Violation
from reconciler.site import places
from reconciler.site.addresses import AddressEvidence
from reconciler.site.inputs import SiteInputs
from reconciler.site.rule import HOLDERS, SiteRule
from reconciler.site.segments import Segment, sharing
from reconciler.site.site_model import SiteModel
from reconciler.text import enumerated

_WITHOUT_MAC = frozenset({"node", "network", "device"})
"""The kinds of holders whose own MAC addresses no source reports."""


def check(model: SiteModel) -> Iterator[Violation]:
    """Yield the addresses with several holders in one network.

    What this run read goes first: a row that it could not read takes nothing from what the others show.
    """
    declared, doubtful = model.inputs.addresses, model.inputs.doubtful
    for address, evidence in model.addresses.items():
        first = evidence[0].holder
        for one in evidence:
            if one.holder != first:
                break
        else:
            continue
        key = Key(SITE, "address", address)
        if key in declared and declared[key].role == "vip":
            continue
        shown = [one for one in evidence if one.how != "declared"]
        read = [one for one in shown if doubtful.isdisjoint((one.key, one.holder))]
        for group in (read, shown) if len(read) < len(shown) else (shown,):
            yield from _shared(model, key, group)


def _shared(model: SiteModel, key: Key, evidence: Sequence[AddressEvidence]) -> Iterator[Violation]:
    """Yield the violation of an address that several have in one network, if there are any."""
    members = [(one.holder, model.segments.of_evidence(one)) for one in evidence]
    left_out = _left_out(model.inputs, members)
    keys = sharing(each for each in members if each[0] not in left_out)
    if keys:
        among = frozenset(keys)
        own = [one for one in evidence if one.holder in among]
        shown_by = (*(one.key for one in own), *model.segments.shown_by(own))
        because = tuple(places.of_address(model, key.id))
        yield Violation(key, f"used by {enumerated(keys)}", tuple(keys), shown_by, because)


def _left_out(inputs: SiteInputs, members: Sequence[tuple[Key, Segment]]) -> AbstractSet[Key]:
    """The clients that may be another holder as the controller sees it."""
    clients = list(dict.fromkeys(key for key, _ in members if key.kind == "client"))
    if any(key.kind in _WITHOUT_MAC and segment.closed is None for key, segment in members):
        return set(clients[:1])
    guests_unknown = inputs.has("guest") and inputs.why_incomplete("guest") is not None
    return set(clients[1:]) if guests_unknown else set()


RULE = SiteRule(
    name="duplicate-ip",
    severity="error",
    hint="give one of them another address",
    check=check,
    reads=HOLDERS,
)
