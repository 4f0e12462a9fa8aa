"""A public name points to a guest that is not running.

The finding is about the guest, however many names lead to it; the proxy hosts, streams and port forwards are
related.

Fires:
    For a guest with any power state but `running` whose address is the target of an enabled proxy host,
    stream or port forward. The address of a stopped guest is known from its NIC, its cloud-init or a
    reservation.

Does not fire:
    When the guest could not be read: an offline node does not stop its guests. While anything else has
    the address, and may answer there (see [duplicate-ip](#duplicate-ip)). While a list of what may have
    the address could not be read at all; a single row that could not be read does not matter.

Fix:
    Start the guest, or disable the name.

Accept:
    For something that only runs in working hours: an ignore rule for the guest, or
    `drift.severity.rules: {target-stopped: info}`.
"""

from collections.abc import Iterator

from reconciler.model.rule import Violation
from reconciler.site import places
from reconciler.site.addresses import holders
from reconciler.site.rule import ENTRIES, HOLDERS, SiteRule
from reconciler.site.site_model import SiteModel


def check(model: SiteModel) -> Iterator[Violation]:
    """Yield the stopped guests to which a name points."""
    guests = model.inputs.guests
    for path in model.paths:
        if path.address is None or path.holder is None or not path.enabled:
            continue
        having = holders(model.addresses.get(path.address, [])) or [path.holder]
        if all(key in guests and guests[key].power != "running" for key in having):
            reason = f"{path.name} points to it, and it is stopped"
            because = (
                *((key, "/power") for key in having),
                *places.of_entry(path),
                *places.of_address(model, path.address),
            )
            yield Violation(path.holder, reason, (path.entry,), (*having, *path.evidence), because)


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
