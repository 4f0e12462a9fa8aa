"""A public name points to an address that nothing has.

The finding is about the proxy host, stream or port forward.

Fires:
    For an enabled one whose target is an address in a UniFi network, or a name that a DNS record of the
    controller resolves to one, if that address is not configured, reserved, seen or declared anywhere.

Does not fire:
    For disabled ones; for addresses outside the networks; for names without a DNS record (the
    [port map](port-map.md) shows them).

Fix:
    Correct the target, or start the host that should have the address. A host that is switched off and has
    no reservation is unknown: reserve its address.

Accept:
    Declare the address, which records who has it:

    ```yaml
    192.168.11.250: {service: wiki on the old NAS, role: device, contact: ann}
    ```
"""

from collections.abc import Iterator

from reconciler.model.rule import Place, Violation
from reconciler.site import places
from reconciler.site.rule import ENTRIES, HOLDERS, SiteRule
from reconciler.site.site_model import SiteModel

_HOLDERS_MAX = 100
"""So many fields that are declared to have an address are named as what a violation follows from."""


def check(model: SiteModel) -> Iterator[Violation]:
    """Yield the names whose target nothing has."""
    had: dict[str, tuple[Place, ...]] = {}
    for path in model.paths:
        if path.address is None or path.holder is not None or not path.enabled:
            continue
        subnet = model.inputs.subnet_table.find(path.address)
        if subnet is not None:
            reason = f"{path.name} points to {path.address}, which nothing has"
            if path.address not in had:
                had[path.address] = tuple(places.of_address(model, path.address))[:_HOLDERS_MAX]
            because = (*places.of_entry(path), *places.of_subnet(subnet), *had[path.address])
            yield Violation(path.entry, reason, (), (subnet.key, *path.evidence), because)


RULE = SiteRule(
    name="target-unknown",
    severity="warning",
    hint="correct the target, or bring up what has it",
    check=check,
    reads=(*HOLDERS, *ENTRIES),
    requires_complete=HOLDERS,
    needs_one_of=ENTRIES,
)
