"""The seam between the kinds and the network: the requests that kinds may make."""

from collections.abc import Mapping
from typing import NamedTuple, Protocol

from reconciler.collectors.http.payload import ApiRow
from reconciler.collectors.npm.connection.settings import NpmSettings
from reconciler.errors import Problem

LISTS = ("proxy-hosts", "redirection-hosts", "dead-hosts", "streams", "certificates", "access-lists")
"""The lists that are read, below `/api/nginx/`."""


class NpmFacts(NamedTuple):
    """The server and the account, read once per run."""

    version: str | None
    visibility: str | None
    """`all`, or `user`: only what the account owns; None if unknown."""
    permissions: Mapping[str, str]
    """Section (`proxy_hosts`) → `manage`, `view` or `hidden`."""
    admin: bool
    """Whether the account is an administrator, who sees everything."""


class NpmApi(Protocol):
    """A source that answers; only reading is possible."""

    settings: NpmSettings
    expected: Mapping[str, frozenset[str]]
    """Kind → ids that should be there; see `SourceContext`."""
    empty: frozenset[str]
    """Kinds that may list nothing; see `SourceContext`."""
    facts: NpmFacts

    def rows(self, name: str) -> list[ApiRow]:
        """Return the rows of one of `LISTS`, without secrets, read once per run; raises `RequestFailed`."""

    def doubt(self, name: str) -> Problem | None:
        """Return why a list that was read may be incomplete: an item in it is not a row."""
