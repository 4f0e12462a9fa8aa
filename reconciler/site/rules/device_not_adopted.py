"""A UniFi device is waiting for adoption.

It is on the network, but the controller does not manage it: it gets no settings, site passwords or updates.
It is new, was reset, or belongs to someone else.

Fires:
    For a device in the controller's list that is not adopted.

Does not fire:
    For a device that is being adopted or is disconnected. If the API key opens only the integration API,
    which lists only adopted devices.

Fix:
    Adopt the device, or unplug it.

Accept:
    Add an ignore rule for the device until it is adopted.
"""

from collections.abc import Iterator

from reconciler.model.rule import Violation
from reconciler.site.rule import SiteRule
from reconciler.site.site_model import SiteModel


def check(model: SiteModel) -> Iterator[Violation]:
    """Yield the devices that are not adopted."""
    for key, device in model.inputs.devices.items():
        if not device.adopted and device.status != "offline":
            yield Violation(key, "it is waiting for adoption", because=((key, "/adopted"),))


RULE = SiteRule(
    name="device-not-adopted",
    severity="info",
    hint="adopt it, or unplug it",
    check=check,
    reads=("device",),
)
