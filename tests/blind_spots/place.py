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
from tests.blind_spots.values import values
from tests.collectors.proxmox.lab_site import NOW
from tests.collectors.sources import config
from tests.contracts.facts import Fact

Raw = dict[str, Any]


@dataclass(frozen=True)
class Place:
    """An endpoint whose rows a kind reads, with one row of it."""

    endpoint: str
    """As in the facts, and the form where there are several: `/storage (nfs)`."""
    source: Any
    """The settings of the source; its type is the system."""
    kind: str
    fact: Fact
    row: Raw
    """A short one, with the flags on that rule other keys."""
    api: Callable[[Raw, SourceContext], Any]
    """Makes the API that answers with a row."""
    version: str = ""
    """Of the API."""
    flags: tuple[Any, Any] = (True, False)
    given: Mapping[str, list[Any]] = field(default_factory=dict)
    """Values of keys whose facts do not show what is valid, by name or by the end of it: `.mac`."""
    parents: Mapping[str, Any] = field(default_factory=dict)
    """What a key is in, where it cannot be alone: `net0` → `virtio,bridge=vmbr0`."""
    inside: str = ""
    """The list of the kind's row that the rows are in: `rules[]`."""
    status: bool = False
    """Whether it is a status answer, of which unread keys are known by name alone."""
    identity: str = ""
    """The id of the resource, where the site has others of the kind, and it is read only if expected."""

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
        return every_key(self.fact)

    def row_of(self, key: ApiKey) -> Raw:
        """Return the row in which a key is tried: with what it is in."""
        first = str(key.steps[0])
        above = {first: self.parents[first]} if len(key.steps) > 1 and first in self.parents else {}
        with_it = {
            each.name: self.values(each)[0] for each in self.keys() if each.name == key.fact.get("requires")
        }
        return {**with_it, **self.row, **above}

    def values(self, key: ApiKey) -> list[Any]:
        """Return values of a key, of which no two mean the same."""
        return values(key, flags=self.flags, given=self.given)

    @property
    def section(self) -> str:
        """The section of the table of ignored keys."""
        return "firewall-rule" if self.list == "rest/firewallrule" else self.kind

    @property
    def list(self) -> str:
        """The endpoint without the form."""
        return self.endpoint.partition(" (")[0]

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
            Expected(frozenset({Key(self.source.name, self.kind, self.identity)} if self.identity else ())),
        )
        mine = {
            key: each
            for key, each in found.resources.items()
            if key.kind == self.kind and self.identity in {"", key.id}
        }
        scopes = tuple(scope for scope in found.scopes if scope.kind == self.kind)
        return replace(found, resources=mine, scopes=scopes)


def _with_needs(kind: AnyKind, kinds: Iterable[AnyKind]) -> Iterator[AnyKind]:
    known: Mapping[str, AnyKind] = {each.name: each for each in kinds}
    for name in kind.needs:
        yield from _with_needs(known[name], known.values())
    yield kind
