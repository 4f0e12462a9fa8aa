"""The seam between the kinds and the network: what they may ask, and how a list that cannot be read looks."""

from collections.abc import Mapping
from typing import NamedTuple, Protocol

from reconciler.collectors.http.payload import ApiRow
from reconciler.collectors.npm.connection.settings import NpmSettings
from reconciler.errors import Problem

LISTS = ("proxy-hosts", "redirection-hosts", "streams", "certificates", "access-lists")
"""A list to read, below `/api/nginx/`."""


class NpmFacts(NamedTuple):
    """Facts of the server and the account, read once per run."""

    version: str | None
    visibility: str | None
    """`all`, or `user`: only what the account owns; None where that is unknown."""
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
        """The rows of one of `LISTS`, without secrets; raises `RequestFailed`. Each is read once per run."""

    def doubt(self, name: str) -> Problem | None:
        """Return why a list may be incomplete: it holds something that is not a row."""
