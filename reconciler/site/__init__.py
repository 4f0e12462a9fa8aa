"""What only the whole site shows: addresses, the port map, capacity, and the rules that cross systems.

Takes the rows of a run as values and gives values; asks no API and reads no file.
"""

from reconciler.model.kind import AnyKind
from reconciler.site import address, cable

KINDS: tuple[AnyKind, ...] = (address.KIND, cable.KIND)
"""Kinds that are declared alone, under the name `site`."""
