"""Two things have the same address.

Whichever answers first gets the traffic, and which one that is changes. The finding is about
`site/address/<address>`; who has it is related.

Fires:
    When an address has more than one holder. An address counts when it is set (a container's NIC, a
    VM's cloud-init, an interface of a node, a gateway, a device, a reservation) or seen (by a guest's
    agent, a node, a device, the list of clients). A stopped guest counts by what it is set to. The
    holder is the guest or device with that MAC address; a client with an unknown MAC address is a
    holder of its own.

Does not fire:
    For an address declared with `role: vip`; for templates; for loopback and link-local addresses; for
    an address that is only declared. One client beside a node, gateway or device does not count: no
    source reports their own MAC addresses. While the list of guests is incomplete, several unknown
    clients count as one: they may be NICs of one guest.

Fix:
    Give one of them another address.

Accept:
    Routers that share a virtual address declare it in `desired-state/site/address.yaml`:

    ```yaml
    192.168.11.5: {service: keepalived of the DNS servers, role: vip}
    ```
"""

from collections.abc import Iterator

from reconciler.config.file import SITE
from reconciler.model.key import Key
from reconciler.model.rule import Violation
from reconciler.site import places
from reconciler.site.addresses import holders
from reconciler.site.rule import HOLDERS, SiteRule
from reconciler.site.site_model import SiteModel


def check(model: SiteModel) -> Iterator[Violation]:
    """Yield the addresses with several holders."""
    inputs = model.inputs
    guests_unknown = inputs.has("guest") and inputs.why_incomplete("guest") is not None
    for address, evidence in model.addresses.items():
        first = evidence[0].holder
        for one in evidence:
            if one.holder != first:
                break
        else:
            continue
        key = Key(SITE, "address", address)
        if key in inputs.addresses and inputs.addresses[key].role == "vip":
            continue
        keys = holders(evidence)
        clients = [each for each in keys if each.kind == "client"]
        if any(each.kind in {"node", "network", "device"} for each in keys):
            keys = [each for each in keys if each not in clients[:1]]
        elif guests_unknown:
            keys = [each for each in keys if each not in clients[1:]]
        if len(keys) > 1:
            shown_by = tuple(one.key for one in evidence if one.holder in keys)
            because = tuple(places.of_address(model, address))
            yield Violation(key, f"used by {' and '.join(map(str, keys))}", tuple(keys), shown_by, because)


RULE = SiteRule(
    name="duplicate-ip",
    severity="error",
    hint="give one of them another address",
    check=check,
    reads=HOLDERS,
)
