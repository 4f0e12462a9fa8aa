"""An address is declared active, and nothing has it.

The finding is about the declared address; its owner is related.

Fires:
    For `lifecycle: active` (the default) when no source has anything that is set to the address,
    reserves it or is seen with it.

Does not fire:
    For `planned`, `retiring` and `retired`, or for the roles `reserved`, `dhcp-pool` and `vip`.

Fix:
    Bring it up, or declare what is true: `lifecycle: planned`, `role: reserved`.

Accept:
    For something that is only on now and then: `role: reserved`, which nothing has to use.
"""

from collections.abc import Iterator

from reconciler.model.key import Key
from reconciler.model.rule import Violation
from reconciler.site import places
from reconciler.site.rule import HOLDERS, SiteRule
from reconciler.site.site_model import SiteModel


def check(model: SiteModel) -> Iterator[Violation]:
    """Yield the active addresses that nothing has."""
    for key, row in model.inputs.addresses.items():
        if row.lifecycle != "active" or row.role in {"reserved", "dhcp-pool", "vip"}:
            continue
        if not any(one.how != "declared" for one in model.addresses.get(key.id, ())):
            owner = (Key.parse(row.owner),) if row.owner else ()
            because = tuple(places.of_address(model, key.id))
            yield Violation(key, "no source shows it in use", owner, because=because)


RULE = SiteRule(
    name="unseen-address",
    severity="info",
    hint="bring it up, or declare it planned, reserved or retired",
    check=check,
    reads=HOLDERS,
    requires_complete=HOLDERS,
    needs=("address",),
)
