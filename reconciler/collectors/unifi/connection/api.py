"""The seam between the kinds and the network: the requests that kinds may make, and how one fails."""

from collections.abc import Iterable, Mapping
from typing import Literal, NamedTuple, Protocol

from reconciler.collectors.http import request_failed
from reconciler.collectors.http.payload import ApiRow
from reconciler.collectors.unifi.connection.settings import UnifiSettings
from reconciler.errors import Problem


class Read(NamedTuple):
    """One list of one of the three APIs, below what is the same for all lists of a site."""

    api: Literal["classic", "v2", "integration"]
    path: str
    single: bool = False
    """Whether the answer is one object of the integration API, and no list: a list of one row."""
    query: tuple[tuple[str, str], ...] = ()


class UnifiRequestFailed(request_failed.RequestFailed):
    """A list that could not be read; the source as a whole still can."""

    @property
    def absent(self) -> bool:
        """Whether this controller does not know the list."""
        return self.status == 404 or "api.err.NotFound" in self.reason


class UnifiFacts(NamedTuple):
    """The results of probing a controller, once per run."""

    console: bool
    """A UniFi OS console; else a controller of its own."""
    version: str | None
    role: str | None
    """`admin` or `readonly`, of the account on this site; None if unknown."""
    classic: UnifiRequestFailed | None
    """Why the classic and v2 APIs cannot be read; None: they can."""
    integration: str | None
    """Id of the site in the integration API; None where that API does not answer."""
    zone_based: bool | None
    """Whether the site has the zone-based firewall; None if unknown."""
    engine: str
    """Why it is unknown."""


class UnifiApi(Protocol):
    """A source that answers; only reading is possible."""

    settings: UnifiSettings
    expected: Mapping[str, frozenset[str]]
    """Kind → ids that should be there; see `SourceContext`."""
    empty: frozenset[str]
    """Kinds that may list nothing; see `SourceContext`."""
    first: Mapping[str, tuple[str, ...]]
    """Kinds that are read first; see `SourceContext`."""
    facts: UnifiFacts

    def begin(self, reads: Iterable[Read]) -> None:
        """Start to read lists that will be asked for."""

    def rows(self, read: Read) -> list[ApiRow]:
        """Return the rows of a list, without secrets, read once per run; raises `UnifiRequestFailed`."""

    def doubt(self, read: Read) -> Problem | None:
        """Return why a list that was read may be incomplete: its pages do not add up."""
