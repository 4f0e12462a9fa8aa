"""A place that rows come from: an endpoint in one of its forms, and how the collector reads a row of it."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import Any

from reconciler.collectors.ignored_fields import read_table
from reconciler.collectors.source import read_source
from reconciler.config.settings import FileSettings
from reconciler.kinds import SYSTEMS
from reconciler.model.kind import AnyKind
from reconciler.model.progress import Silent
from reconciler.model.snapshot import Run, Snapshot
from reconciler.model.system import SourceContext
from tests.blind_spots.keys import ApiKey, every_key
from tests.blind_spots.values import values
from tests.collectors.proxmox.lab_site import NOW
from tests.contracts.facts import Fact

Raw = dict[str, Any]
RUN = Run(id="20261123T210500Z-3fa9c1", site="lan", collected_at=NOW, stale_after=NOW, version="0")
_ENVIRONMENT = {"FINGERPRINT_KEY": "the key of the property, of enough characters"}
_SETTINGS = FileSettings.model_validate(
    {"site": "lan", "sources": [{}], "fingerprint_key": "${FINGERPRINT_KEY}"}
)


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
    others: frozenset[str] = frozenset()
    """The ids of other resources of the kind that the site has, to which the row refers."""
    given: Mapping[str, list[Any]] = field(default_factory=dict)
    """Values of keys whose facts do not show what is valid, by name or by the end of it: `.mac`."""
    parents: Mapping[str, Any] = field(default_factory=dict)
    """The text around a key that cannot stand by itself: `net0` → `virtio,bridge=vmbr0`."""
    inside: str = ""
    """The list of the kind's row that the rows are in: `rules[]`."""
    required: frozenset[str] = frozenset()
    """The keys without which a row is another thing."""
    only_the_rest: bool = False
    """Whether only the keys are tried that no form of the list before it showed."""
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

    @cached_property
    def keys(self) -> Mapping[str, ApiKey]:
        """The keys by name; of an object, those in it."""
        return {key.name: key for key in every_key(self.fact) if "properties" not in key.fact}

    def row_of(self, key: ApiKey) -> Raw:
        """Return the row in which a key is tried: with what it is in."""
        first = str(key.steps[0])
        above = {first: self.parents[first]} if len(key.steps) > 1 and first in self.parents else {}
        required = self.keys.get(key.fact.get("requires", ""))
        with_it = {required.name: self.values(required)[0]} if required else {}
        return {**with_it, **self.row, **above}

    def values(self, key: ApiKey) -> list[Any]:
        """Return values of a key, of which no two mean the same."""
        return values(key, flags=self.flags, given=self.given)

    @property
    def section(self) -> str:
        """The section of the table of ignored keys."""
        if self.version == "integration" and f"integration {self.kind}" in read_table(self.system):
            return f"integration {self.kind}"
        if self.list == "rest/firewallrule":
            return "firewall-rule"
        return "switch-port" if self.kind == "port-profile" else self.kind

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
        expected = {self.kind: frozenset({self.identity} if self.identity else ())}
        context = SourceContext(_ENVIRONMENT, Path("/"), Silent(), expected, declared=expected)
        found = read_source(
            self.source, replace(system, connect=connect, kinds=kinds), context, _SETTINGS, None
        )
        mine = {
            key: each
            for key, each in found.resources.items()
            if key.kind == self.kind and self.identity in {"", key.id} and key.id not in self.others
        }
        scopes = tuple(scope for scope in found.scopes if scope.kind == self.kind)
        return Snapshot(RUN, scopes, mine)


def _with_needs(kind: AnyKind, kinds: Iterable[AnyKind]) -> Iterator[AnyKind]:
    known: Mapping[str, AnyKind] = {each.name: each for each in kinds}
    for name in kind.needs:
        yield from _with_needs(known[name], known.values())
    yield kind
