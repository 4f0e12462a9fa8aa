"""What a rule of the whole site is."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from reconciler.model.rule import Claim, Rule
from reconciler.site.site_model import Join

HOLDERS = ("guest", "node-network", "device", "reservation", "client")
"""The kinds that show who has an address."""
ENTRIES = ("proxy-host", "stream", "port-forward", "static-dns")
"""The kinds that show which names lead to an address."""


@dataclass(frozen=True)
class SiteRule:
    """A file of `rules/` ends with such a value."""

    name: str
    rule: Rule
    needs: tuple[str, ...]
    """The kinds whose whole lists it needs to be checked in full."""
    check: Callable[[Join], Iterator[Claim]]
    whole: tuple[str, ...] = ()
    """Those whose lists must be whole before it says anything: what is absent there makes it speak."""
    listed: tuple[str, ...] = ()
    """Those whose lists must be read, of the sources that have them, before it says anything: one row that is
    not read does not silence it."""
