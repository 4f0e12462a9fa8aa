"""An address of the LAN is in use, and `desired-state/site/address.yaml` does not have it.

The finding is about `site/address/<address>`; who has it is related.

Fires:
    Once at least one address is declared, for each address that is set or seen, is in a UniFi network
    and is not declared. The first line of that file therefore makes a finding of every other address:
    write the file in one go, from `/v1/addresses`.

Does not fire:
    While no address is declared; for addresses in the range that DHCP gives out, in a declared range (a
    line with `until`) or outside every network; for gateways.

Fix:
    Declare it, or stop using it. A range of phones and printers is one line:

    ```yaml
    192.168.30.10: {role: dhcp-pool, until: 192.168.30.99, service: sensors}
    ```

Accept:
    An ignore rule: `target: {source: site, kind: address, id: "192.168.30.*"}` with
    `type: undeclared-address`.
"""

from collections.abc import Iterator

from reconciler.config.file import SITE
from reconciler.model.key import Key
from reconciler.model.rule import Place, Violation
from reconciler.site import places
from reconciler.site.rule import HOLDERS, SiteRule
from reconciler.site.site_model import SiteModel
from reconciler.site.subnets import UnifiSubnet, number_of


def check(model: SiteModel) -> Iterator[Violation]:
    """Yield the addresses that are in use and not declared."""
    declared = model.inputs.addresses
    if not declared:
        return
    pools = [(number_of(key.id), number_of(row.until)) for key, row in declared.items() if row.until]
    for address, evidence in model.addresses.items():
        key = Key(SITE, "address", address)
        one = next((each for each in evidence if each.how != "declared" and each.key.kind != "network"), None)
        subnet = model.inputs.subnet_table.find(address)
        if one is None or subnet is None or key in declared:
            continue
        number = number_of(address)
        by_dhcp = subnet.pool is not None and subnet.pool[0] <= number[1] <= subnet.pool[1]
        if not by_dhcp and not any(first <= number <= last for first, last in pools):
            because = (*places.of_address(model, address), *_because(model, subnet, address))
            yield Violation(key, f"used by {one.holder}", (one.holder,), (one.key,), because)


def _because(model: SiteModel, subnet: UnifiSubnet, address: str) -> Iterator[Place]:
    """The network and its range: the live one, and the one that is declared."""
    yield from places.of_pool(subnet)
    declared = model.declared.inputs.subnet_table.find(address)
    if declared is not None:
        yield from places.of_pool(declared)


RULE = SiteRule(
    name="undeclared-address",
    severity="info",
    hint="declare it in desired-state/site/address.yaml, or stop using it",
    check=check,
    reads=HOLDERS,
    requires_complete=("network",),
    needs=("address",),
)
