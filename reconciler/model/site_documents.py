"""The site model as JSON documents: made by `site`, written by `publish`."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from reconciler.errors import Problem
from reconciler.model.key import Key
from reconciler.model.value import Row


@dataclass(frozen=True)
class SiteDocuments:
    """The site model of a run, as documents; a problem in place of each that could not be made."""

    addresses: list[Row] | Problem = field(default_factory=list)
    """Each address with its owners and how they are known."""
    portmap: Row | Problem = field(default_factory=dict)
    """From public names to switch ports, and back."""
    capacity: Row | Problem = field(default_factory=dict)
    """The resources of nodes, and how much of them guests are assigned."""
    by_resource: Mapping[Key, Row] | Problem = field(default_factory=dict)
    """Resource → its addresses and the names of the port map that lead to it."""
    mentioned: frozenset[Key] = frozenset()
    """Every key in the documents, also of what no source has."""


NO_SITE_DOCUMENTS = SiteDocuments()
