"""An address is declared retired, but is still in use.

The finding is about the declared address; its users are related.

Fires:
    For `lifecycle: retired` if the address is configured on, reserved for or seen on anything: a guest
    (running or stopped), a node, a gateway, a device, a client, or a leftover reservation.

Does not fire:
    For `retiring`, the lifecycle during the transition; for templates.

Fix:
    Remove the address there, or declare it active.

Accept:
    Declare `lifecycle: retiring`, with a `review` date.
"""

from collections.abc import Iterator

from reconciler.model.rule import Violation
from reconciler.site import places
from reconciler.site.addresses import holders
from reconciler.site.rule import HOLDERS, SiteRule
from reconciler.site.segments import reachable
from reconciler.site.site_model import SiteModel
from reconciler.text import enumerated


def check(model: SiteModel) -> Iterator[Violation]:
    """Yield the retired addresses that something has."""
    for key, row in model.inputs.addresses.items():
        if row.lifecycle == "retired":
            evidence = [one for one in model.addresses.get(key.id, ()) if one.how != "declared"]
            keys = holders(reachable(model.segments, evidence))
            if keys:
                reason = f"still used by {enumerated(keys)}"
                because = tuple(places.of_address(model, key.id))
                yield Violation(key, reason, tuple(keys), tuple(one.key for one in evidence), because)


RULE = SiteRule(
    name="retired-alive",
    severity="warning",
    hint="stop using it, or declare it active",
    check=check,
    reads=HOLDERS,
    needs=("address",),
)
