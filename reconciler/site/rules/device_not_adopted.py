"""A UniFi device waits for adoption.

It is on the network, and the controller does not manage it: it has no settings, no passwords of the site and
no upgrades. It is new, was reset, or belongs to someone else.

Fires:
    For a device of a controller's list that is not adopted.

Does not fire:
    For one that is being adopted and for one that is disconnected. Where a key opens only the integration
    API, which lists adopted devices.

Fix:
    Adopt it, or unplug it.

Accept:
    An ignore rule for the device until it is adopted.
"""

from collections.abc import Iterator

from reconciler.model.rule import Violation
from reconciler.site.rule import SiteRule
from reconciler.site.site_model import SiteModel


def check(model: SiteModel) -> Iterator[Violation]:
    """Yield the devices that are not adopted."""
    for key, device in model.inputs.devices.items():
        if not device.adopted and device.status != "offline":
            yield Violation(key, "it waits for adoption", because=((key, "/adopted"),))


RULE = SiteRule(
    name="device-not-adopted",
    severity="info",
    hint="adopt it, or unplug it",
    check=check,
    reads=("device",),
)
