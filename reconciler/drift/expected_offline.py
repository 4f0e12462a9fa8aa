"""Nodes that are declared to be away: what is on them cannot be read, and nobody need be alarmed."""

from collections.abc import Mapping

from reconciler.model.desired import DesiredState
from reconciler.model.key import Key
from reconciler.model.kind import Kinds
from reconciler.model.snapshot import Site
from reconciler.model.value import Row


class Away:
    """Which resources are away as expected, with the `file:line` that says so."""

    def __init__(self, site: Site, desired: DesiredState, kinds: Kinds) -> None:
        self._kinds = kinds
        hosts = {
            (source, name): kind.away
            for source, each in kinds.items()
            for name, kind in each.items()
            if kind.away is not None
        }
        self._nodes: Mapping[tuple[str, str], str] = {
            (key.source, key.id): desired.locate(key, "/expected")
            for key, declared in desired.resources.items()
            if (away := hosts.get(key[:2])) is not None and away(declared.fields, site.config.get(key, {}))
        }

    def because(self, key: Key, row: Row) -> str | None:
        """Where it is declared that the node of a resource (or the node that it is) is away; else None."""
        if not self._nodes:
            return None
        kind = self._kinds[key.source][key.kind]
        node = key.id if kind.away is not None else kind.host(key.id, row) if kind.host else None
        return self._nodes.get((key.source, str(node)))
