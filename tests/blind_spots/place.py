"""A place that rows come from: an endpoint in one of its forms, and how the collector reads a row of it."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import Any

from reconciler.collectors.collect import Expected, begin, collect
from reconciler.kinds import SYSTEMS
from reconciler.model.key import Key
from reconciler.model.kind import AnyKind
from reconciler.model.progress import Silent
from reconciler.model.snapshot import Snapshot
from reconciler.model.system import SourceContext
from tests.blind_spots.keys import ApiKey, every_key
from tests.collectors.proxmox.lab_site import NOW
from tests.collectors.sources import config
from tests.contracts.facts import Fact

Raw = dict[str, Any]


@dataclass(frozen=True)
class Place:
    """An endpoint whose rows a kind reads, with one row of it that has every flag on and every parent."""

    endpoint: str
    """As in the facts, and the form where there are several: `/storage (nfs)`."""
    source: Any
    """The settings of the source; its type is the system."""
    kind: str
    fact: Fact
    row: Raw
    api: Callable[[Raw, SourceContext], Any]
    """Makes the API that answers with a row."""
    flags: tuple[Any, Any] = (True, False)
    given: dict[str, list[Any]] = field(default_factory=dict)
    """Values of keys whose facts do not show what is valid."""
    expected: tuple[str, ...] = ()
    """Ids that are read only where they are expected."""
    left_out: frozenset[str] = frozenset()
    """Keys that another place tries."""

    @property
    def system(self) -> str:
        """The type of the source."""
        return str(self.source.type)

    @property
    def of_kind(self) -> AnyKind:
        """The kind that reads it."""
        return next(kind for kind in SYSTEMS[self.system].kinds if kind.name == self.kind)

    def keys(self) -> Iterator[ApiKey]:
        """Yield the keys that are tried here."""
        return (key for key in every_key(self.fact) if key.name not in self.left_out)

    def read(self, row: Raw) -> Snapshot:
        """Return what one run reads of a row, through everything but the client."""
        system = SYSTEMS[self.system]

        @contextmanager
        def connect(_settings: Any, context: SourceContext) -> Iterator[Any]:
            yield self.api(row, context)

        kinds = tuple(_with_needs(self.of_kind, system.kinds))
        configured = config(self.source, fingerprint_key="${FINGERPRINT_KEY}")
        found = collect(
            configured,
            {self.system: replace(system, connect=connect, kinds=kinds)},
            {"FINGERPRINT_KEY": "the key of the property"},
            Silent(),
            begin(configured, NOW),
            Expected(frozenset(Key(self.source.name, self.kind, each) for each in self.expected)),
        )
        mine = {key: each for key, each in found.resources.items() if key.kind == self.kind}
        scopes = tuple(scope for scope in found.scopes if scope.kind == self.kind)
        return replace(found, resources=mine, scopes=scopes)


def _with_needs(kind: AnyKind, kinds: Iterable[AnyKind]) -> Iterator[AnyKind]:
    known: Mapping[str, AnyKind] = {each.name: each for each in kinds}
    for name in kind.needs:
        yield from _with_needs(known[name], known.values())
    yield kind
