"""Nodes declared `expected: offline`: resources on them cannot be read, and are not reported as a failure."""

from collections.abc import Callable, Mapping
from functools import partial

from reconciler.errors import Problem
from reconciler.isolation import isolated
from reconciler.model.desired import DesiredState
from reconciler.model.key import Key
from reconciler.model.kind import Kinds
from reconciler.model.snapshot import Inventory
from reconciler.model.value import Row


class ExpectedOffline:
    """The resources that are offline as declared, each with the `file:line` that declares it."""

    def __init__(self, inventory: Inventory, desired: DesiredState, kinds: Kinds) -> None:
        self.failed: list[Problem] = []
        """Why the code of a kind could not show whether a resource is offline; it then counts as not."""
        self._kinds = kinds
        self._hosts = [
            key
            for key in inventory.config
            if key.source in kinds and kinds[key.source][key.kind].away is not None
        ]
        hosts = {
            (source, name): kind.away
            for source, each in kinds.items()
            for name, kind in each.items()
            if kind.away is not None
        }
        self._nodes: Mapping[tuple[str, str], str] = {
            (key.source, key.id): desired.locate(key, "/expected")
            for key, declared in desired.resources.items()
            if (is_offline := hosts.get(key[:2])) is not None
            and self._answer(key, partial(is_offline, declared.fields, inventory.config.get(key, {})))
        }

    def covers(self, source: str) -> bool:
        """Return whether every known node of a source is declared offline, so that it cannot answer."""
        hosts = {(key.source, key.id) for key in self._hosts if key.source == source}
        hosts |= {host for host in self._nodes if host[0] == source}
        return bool(hosts) and hosts <= self._nodes.keys()

    def declared_at(self, key: Key, row: Row) -> str | None:
        """Return where the node of a resource (or the node itself) is declared offline; None if it is not."""
        if not self._nodes:
            return None
        kind = self._kinds[key.source][key.kind]
        host = kind.host
        node = key.id if kind.away else self._answer(key, partial(host, key.id, row)) if host else None
        return self._nodes.get((key.source, str(node)))

    def _answer(self, key: Key, call: Callable[[], object]) -> object:
        """Return the answer of the code of a kind; None if that fails."""
        answer = isolated(f"kind {key.source}/{key.kind}", call)
        if not isinstance(answer, Problem):
            return answer
        self.failed.append(answer)
        return None
