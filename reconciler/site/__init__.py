"""The model of the whole site: addresses, the port map, capacity, and the rules that cross systems.

It takes the rows of a run as values and returns values; it calls no API and reads no file.
"""

from reconciler.model.kind import AnyKind
from reconciler.site import address, cable

KINDS: tuple[AnyKind, ...] = (address.KIND, cable.KIND)
"""The kinds that are only declared, under the name `site`."""
