"""The model of the whole site, made once a run: for the rules, and for the documents."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import cached_property
from typing import Any, TypeVar

from reconciler.config.file import SITE
from reconciler.config.settings import CapacitySettings
from reconciler.errors import Problem
from reconciler.isolation import isolated, require
from reconciler.model.desired import DesiredState
from reconciler.model.key import Key
from reconciler.model.kind import Kinds
from reconciler.model.site_documents import SiteDocuments
from reconciler.model.snapshot import Inventory, Scope
from reconciler.model.value import Row
from reconciler.site import KINDS, addresses, capacity, portmap_document
from reconciler.site.addresses import AddressEvidence, AddressTable, holders
from reconciler.site.as_declared import as_declared
from reconciler.site.capacity import NodeCapacity
from reconciler.site.inputs import SiteInputs
from reconciler.site.portmap import PortMap, ServicePath
from reconciler.site.segments import Segments
from reconciler.site.subnet_use import subnet_rows, used_subnets
from reconciler.site.subnets import number_of
from reconciler.site.wiring import Wiring

T = TypeVar("T")


class SiteModel:
    """Everything that is joined from one inventory; each part is made when it is first needed.

    A part that fails raises `IsolatedError` wherever it is needed, so that it costs only its users.
    """

    def __init__(
        self,
        inventory: Inventory,
        settings: CapacitySettings,
        desired: DesiredState | None = None,
        kinds: Kinds | None = None,
    ) -> None:
        self.inputs = SiteInputs(inventory)
        self.settings = settings
        self._desired = desired
        self._kinds = kinds or {}
        self._parts: dict[str, Any] = {}

    def _make_once(self, name: str, make: Callable[[], T]) -> T:
        """Return a part, made once; raises `IsolatedError` each time if it failed."""
        if name not in self._parts:
            self._parts[name] = isolated(f"site model: {name}", make)
        part: T | Problem = self._parts[name]
        return require(part)

    @cached_property
    def declared(self) -> "SiteModel":
        """The rows that are not as declared, as they are declared; none where desired state is not known."""
        return self._make_once("declared", self._as_declared)

    def _as_declared(self) -> "SiteModel":
        inventory = self.inputs.inventory
        desired = self._desired or DesiredState({}, frozenset(), lambda key, _path: str(key))
        return SiteModel(as_declared(inventory, desired, self._kinds), self.settings)

    @property
    def addresses(self) -> AddressTable:
        """Address → evidence."""
        return self._make_once("addresses", lambda: addresses.addresses(self.inputs))

    @cached_property
    def configured(self) -> list[AddressEvidence]:
        """The evidence of every address that something is set to."""
        return [one for each in self.addresses.values() for one in each if one.how == "configured"]

    @property
    def portmap(self) -> PortMap:
        """The tracer of public names to switch ports."""
        return self._make_once("port map", lambda: PortMap(self.inputs, self.segments, self.addresses))

    @property
    def segments(self) -> Segments:
        """The network that a NIC or an address is in."""
        return self._make_once("segments", lambda: Segments(self.inputs, Wiring(self.inputs)))

    @property
    def wiring(self) -> Wiring:
        """The wiring from guests and nodes to switch ports."""
        return self.segments.wiring

    @property
    def paths(self) -> list[ServicePath]:
        """The path of each public name."""
        return self._make_once("paths", lambda: list(self.portmap.trace_all()))

    @property
    def capacity(self) -> Mapping[Key, NodeCapacity]:
        """Node → what it has and what is on it."""
        return self._make_once("capacity", lambda: capacity.capacity(self.inputs))

    def memory(self) -> Mapping[str, int] | None:
        """Return the memory of the site, for the trend; None where it is not known."""
        found = isolated("site model: memory", lambda: capacity.memory(self.inputs, self.capacity))
        return None if isinstance(found, Problem) else found

    def documents(self) -> SiteDocuments:
        """Return the model as JSON values; a problem in place of each part that failed."""
        inputs = self.inputs
        return SiteDocuments(
            isolated("document /v1/addresses", lambda: addresses.document(inputs, self.addresses)),
            isolated("document /v1/portmap/joined", lambda: portmap_document.document(inputs, self.paths)),
            isolated("document /v1/capacity", lambda: capacity.document(inputs, self.capacity)),
            isolated("document /v1/addresses", lambda: subnet_rows(used_subnets(inputs, self.addresses))),
            isolated("site model: resources", self._by_resource),
            self._mentioned(),
        )

    def _mentioned(self) -> frozenset[Key]:
        """The keys in the documents; of a part that failed, none."""
        found: set[Key] = set()
        for each in (
            isolated("site model: keys", lambda: set(addresses.mentioned(self.inputs, self.addresses))),
            isolated("site model: keys", lambda: set(portmap_document.mentioned(self.paths))),
        ):
            found |= set() if isinstance(each, Problem) else each
        return frozenset(found)

    def _by_resource(self) -> dict[Key, Row]:
        """Each resource with its addresses, and the names of the port map that lead to it."""
        found: dict[Key, tuple[dict[str, None], dict[str, None]]] = {}
        for address in sorted(self.addresses, key=number_of):
            for key in holders(self.addresses[address]):
                found.setdefault(key, ({}, {}))[0][address] = None
        for path in self.paths:
            for key in path.resources():
                found.setdefault(key, ({}, {}))[1][path.name] = None
        return {
            key: {"addresses": list(own), "portmap_names": list(names)} for key, (own, names) in found.items()
        }


def with_declared(inventory: Inventory, desired: DesiredState) -> Inventory:
    """Return an inventory with the declared addresses and cables, as rows of the source `site`.

    Every run reads them again; what an earlier one recorded of them does not count.
    """
    config = {key: row for key, row in inventory.config.items() if key.source != SITE}
    scopes = [scope for scope in inventory.scopes if scope.source != SITE]
    for kind in KINDS:
        own = {key: each for key, each in desired.resources.items() if key[:2] == (SITE, kind.name)}
        if not own:
            continue
        resources = {
            key.id: kind.model.model_validate(each.fields) for key, each in own.items() if not each.absent
        }
        config |= {Key(SITE, kind.name, name): row for name, row in kind.dump(resources).items()}
        scopes.append(Scope(source=SITE, kind=kind.name, listed="complete", count=len(resources)))
    as_of = {key: moment for key, moment in inventory.as_of.items() if key.source != SITE}
    return replace(inventory, scopes=tuple(scopes), config=config, as_of=as_of)
