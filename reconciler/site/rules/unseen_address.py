"""An address is declared active, but nothing has it.

The finding is about the declared address; its owner is related.

Fires:
    For `lifecycle: active` (the default) if no source has the address configured, reserved or seen.

Does not fire:
    For `planned`, `retiring` and `retired`, or for the roles `reserved`, `dhcp-pool` and `vip`; if its
    owner is a guest that is not running, which may have the address again when it starts.

Fix:
    Bring the host up, or correct the declaration: `lifecycle: planned`, `role: reserved`.

Accept:
    For a host that is on only now and then: `role: reserved`, which does not have to be in use.
"""

from collections.abc import Iterable, Iterator

from reconciler.model.key import Key
from reconciler.model.rule import Place, Violation
from reconciler.site import places
from reconciler.site.rule import HOLDERS, SiteRule
from reconciler.site.site_model import SiteModel


def check(model: SiteModel) -> Iterator[Violation]:
    """Yield the active addresses that nothing has."""
    for key, row in model.inputs.addresses.items():
        if row.lifecycle != "active" or row.role in {"reserved", "dhcp-pool", "vip"}:
            continue
        if not any(one.how != "declared" for one in model.addresses.get(key.id, ())):
            owner = Key.parse(row.owner) if row.owner else None
            guest = model.inputs.guests.get(owner) if owner is not None else None
            if guest is not None and guest.power != "running":
                continue
            related = (owner,) if owner is not None else ()
            because = tuple(_because(model, key.id, related))
            yield Violation(key, "no source shows it in use", related, (), because)


def _because(model: SiteModel, address: str, owner: Iterable[Key]) -> Iterator[Place]:
    """The fields that are declared to have it, those that decide which address its owner has, its network."""
    yield from places.of_address(model, address)
    for key in owner:
        if key.kind == "guest":
            yield from places.fields(key, "/nics", "/cloud_init")
        elif key.kind == "device":
            yield key, "/ip_settings"
    for side in (model, model.declared):
        subnet = side.inputs.subnet_table.find(address)
        if subnet is not None:
            yield from places.of_subnet(subnet)
            yield from places.of_pool(subnet)


RULE = SiteRule(
    name="unseen-address",
    severity="info",
    hint="bring it up, or declare it planned, reserved or retired",
    check=check,
    reads=HOLDERS,
    requires_complete=HOLDERS,
    needs=("address",),
)
