"""A public name points to a guest that is not running.

The finding is about the guest, however many names point to it; the proxy hosts, streams and port forwards are
related.

Fires:
    For a guest with any power state but `running` whose address is the target of an enabled proxy host,
    stream or port forward. Each guest is one finding. The address of a stopped guest is known from its
    NIC, its cloud-init or a reservation.

Does not fire:
    If the guest has the address on a bridge without a port, on a vnet or inside the guest, and something on
    the LAN has it too. If the guest could not be read: an offline node does not mean its guests are stopped.
    If anything else has the address and may answer (see [duplicate-ip](#duplicate-ip)). If a list that may
    contain other holders of the address could not be read at all; a single unreadable row does not matter.

Fix:
    Start the guest, or disable the name.

Accept:
    For a guest that runs only during working hours: an ignore rule for the guest, or
    `drift.severity.rules: {target-stopped: info}`.
"""

from collections.abc import Iterator, Sequence

from reconciler.model.key import Key
from reconciler.model.rule import Violation
from reconciler.site import places
from reconciler.site.addresses import holders
from reconciler.site.portmap import ServicePath
from reconciler.site.rule import ENTRIES, HOLDERS, SiteRule
from reconciler.site.segments import reachable
from reconciler.site.site_model import SiteModel
from reconciler.text import enumerated


def check(model: SiteModel) -> Iterator[Violation]:
    """Yield the stopped guests to which names point."""
    guests, doubtful = model.inputs.guests, model.inputs.doubtful
    leading: dict[tuple[str, bool], list[ServicePath]] = {}
    for path in model.paths:
        if path.address is not None and path.holder is not None and path.enabled:
            is_doubtful = not doubtful.isdisjoint((path.entry, *path.evidence))
            leading.setdefault((path.address, is_doubtful), []).append(path)
    for (address, _), paths in leading.items():
        having = holders(reachable(model.segments, model.addresses.get(address, [])))
        having = having or [path.holder for path in paths[:1] if path.holder is not None]
        if all(key in guests and guests[key].power != "running" for key in having):
            yield from _stopped(model, address, paths, having)


def _stopped(
    model: SiteModel, address: str, paths: Sequence[ServicePath], having: Sequence[Key]
) -> Iterator[Violation]:
    """Yield the guest that paths lead to; `having` are all with the address."""
    names = [path.name for path in paths]
    reason = f"{enumerated(names)} {'points' if len(names) == 1 else 'point'} to it, and it is stopped"
    entries = tuple(dict.fromkeys(path.entry for path in paths))
    within = model.segments.shown_by(model.addresses.get(address, ()))
    shown_by = (*having, *within, *(key for path in paths for key in path.evidence))
    because = (
        *((key, "/power") for key in having),
        *(place for path in paths for place in places.of_entry(path)),
        *places.of_address(model, address),
    )
    holder = paths[0].holder
    if holder is not None:
        yield Violation(holder, reason, entries, tuple(dict.fromkeys(shown_by)), because)


RULE = SiteRule(
    name="target-stopped",
    severity="warning",
    hint="start the guest, or disable the name",
    check=check,
    reads=(*HOLDERS, *ENTRIES),
    requires_listed=HOLDERS,
    needs=("guest",),
    needs_one_of=ENTRIES,
)
