"""An address of the LAN is in use, but not declared in `desired-state/site/address.yaml`.

The finding is about `site/address/<address>`; its user is related.

Fires:
    Once at least one address is declared, for each configured or seen address that is in a UniFi network
    and is not declared. The first line of that file therefore makes every other address a finding: write
    the whole file in one go, from `/v1/addresses`.

Does not fire:
    While no address is declared; for addresses in a DHCP range, in a declared range (a line with `until`) or
    outside every network; for gateways; for an address on a bridge without a port, on a vnet or inside a
    guest, or in another VLAN than that network.

Fix:
    Declare the address, or stop using it. A range of phones and printers is one line:

    ```yaml
    192.168.30.10: {role: dhcp-pool, until: 192.168.30.99, service: sensors}
    ```

Accept:
    Add an ignore rule: `target: {source: site, kind: address, id: "192.168.30.*"}` with
    `type: undeclared-address`.
"""

from bisect import bisect_right
from collections.abc import Iterable, Iterator

from reconciler.config.file import SITE
from reconciler.model.key import Key
from reconciler.model.rule import Place, Violation
from reconciler.site import places
from reconciler.site.rule import HOLDERS, SiteRule
from reconciler.site.site_model import SiteModel
from reconciler.site.subnets import UnifiSubnet, number_of

_AddressNumber = tuple[int, int]
"""An address as (version, number)."""


def check(model: SiteModel) -> Iterator[Violation]:
    """Yield the addresses that are in use and not declared."""
    declared = model.inputs.addresses
    if not declared:
        return
    pools = _Ranges((number_of(key.id), number_of(row.until)) for key, row in declared.items() if row.until)
    for address, evidence in model.addresses.items():
        key = Key(SITE, "address", address)
        if key in declared:
            continue
        found = ((each, model.segments.subnet(each)) for each in evidence if each.key.kind != "network")
        one, subnet = next((each for each in found if each[1] is not None), (None, None))
        if one is None or subnet is None:
            continue
        number = number_of(address)
        by_dhcp = subnet.pool is not None and subnet.pool[0] <= number[1] <= subnet.pool[1]
        if not by_dhcp and number not in pools:
            because = (*places.of_address(model, address), *_because(model, subnet, address))
            yield Violation(key, f"used by {one.holder}", (one.holder,), (one.key,), because)


class _Ranges:
    """Ranges of addresses, and whether a number is in one of them."""

    def __init__(self, ranges: Iterable[tuple[_AddressNumber, _AddressNumber]]) -> None:
        self._firsts: list[_AddressNumber] = []
        self._lasts: list[_AddressNumber] = []
        for first, last in sorted(ranges):
            self._firsts.append(first)
            self._lasts.append(max(last, self._lasts[-1]) if self._lasts else last)

    def __contains__(self, number: _AddressNumber) -> bool:
        before = bisect_right(self._firsts, number)
        return before > 0 and number <= self._lasts[before - 1]


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
