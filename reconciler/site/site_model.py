"""The joins of a run, made once: for the rules, and for the documents."""

from collections.abc import Mapping
from functools import cached_property

from reconciler.config.file import SITE, CapacitySettings
from reconciler.model.desired import DesiredState
from reconciler.model.key import Key
from reconciler.model.site_documents import Joined
from reconciler.model.snapshot import Inventory, Scope
from reconciler.model.value import Row
from reconciler.site import KINDS, addresses, capacity, portmap
from reconciler.site.addresses import Addresses, holders
from reconciler.site.capacity import NodeCapacity
from reconciler.site.inputs import Facts, number_of
from reconciler.site.portmap import Path, PortMap


class Join:
    """Everything that is made of one site; each part when it is first needed."""

    def __init__(self, site: Inventory, settings: CapacitySettings) -> None:
        self.facts = Facts(site)
        self.settings = settings

    @cached_property
    def addresses(self) -> Addresses:
        """Address → evidence."""
        return addresses.addresses(self.facts)

    @cached_property
    def portmap(self) -> PortMap:
        """The ways of names."""
        return PortMap(self.facts, self.addresses)

    @cached_property
    def paths(self) -> list[Path]:
        """The way of each name."""
        return list(self.portmap.paths())

    @cached_property
    def capacity(self) -> Mapping[Key, NodeCapacity]:
        """Node → what it has and what is on it."""
        return capacity.capacity(self.facts)

    def documents(self) -> Joined:
        """The joins as JSON values."""
        return Joined(
            addresses.document(self.facts, self.addresses),
            portmap.document(self.facts, self.paths),
            capacity.document(self.facts, self.capacity),
            self._about(),
        )

    def _about(self) -> dict[Key, Row]:
        """What is said of each resource: its addresses, and the names of the port map that lead to it."""
        found: dict[Key, tuple[dict[str, None], dict[str, None]]] = {}
        for address in sorted(self.addresses, key=number_of):
            for key in holders(self.addresses[address]):
                found.setdefault(key, ({}, {}))[0][address] = None
        for path in self.paths:
            for key in path.resources():
                found.setdefault(key, ({}, {}))[1][path.name] = None
        return {key: {"addresses": list(own), "portmap": list(names)} for key, (own, names) in found.items()}


def with_declared(site: Inventory, desired: DesiredState) -> Inventory:
    """A site with what is declared of it alone: addresses and cables, as rows of the source `site`.

    They are read anew by every run; what an earlier one recorded of them says nothing.
    """
    config = {key: row for key, row in site.config.items() if key.source != SITE}
    scopes = [scope for scope in site.scopes if scope.source != SITE]
    for kind in KINDS:
        own = {key: each for key, each in desired.resources.items() if key[:2] == (SITE, kind.name)}
        if not own:
            continue
        resources = {
            key.id: kind.model.model_validate(each.fields) for key, each in own.items() if not each.absent
        }
        config |= {Key(SITE, kind.name, name): row for name, row in kind.dump(resources).items()}
        scopes.append(Scope(source=SITE, kind=kind.name, listed="complete", count=len(resources)))
    as_of = {key: moment for key, moment in site.as_of.items() if key.source != SITE}
    return Inventory(site.run, tuple(scopes), config, site.observed, as_of)
