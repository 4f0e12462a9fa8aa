"""The seam between the kinds and the network: what they may ask, and how a list that cannot be read looks."""

from collections.abc import Mapping
from typing import Any, NamedTuple, Protocol

from reconciler.collectors.npm.settings import NpmSettings
from reconciler.collectors.trouble import clean
from reconciler.errors import Problem, SourceError

Row = Mapping[str, Any]

LISTS = ("proxy-hosts", "redirection-hosts", "streams", "certificates", "access-lists")
"""What is read, below `/api/nginx/`."""


class Refusal(SourceError):
    """A list that could not be read; the source as a whole still can.

    `status` is None when no HTTP answer came; `reason` is the server's text: cleaned, but untrusted.
    """

    def __init__(self, host: str, path: str, status: int | None, reason: str, remedy: str = "") -> None:
        self.path = path
        self.status = status
        self.reason = clean(reason)
        super().__init__(Problem(host, f"{path}: {self.summary}", remedy))

    @property
    def summary(self) -> str:
        """Status and reason, without host and path."""
        return f"{self.status} {self.reason}".strip() if self.status else self.reason


class Facts(NamedTuple):
    """What is known of the server and the account, once per run."""

    version: str | None
    visibility: str | None
    """`all`, or `user`: only what the account owns; None where that cannot be told."""
    permissions: Mapping[str, str]
    """Section (`proxy_hosts`) → `manage`, `view` or `hidden`."""
    admin: bool
    """Whether the account is an administrator, who sees everything."""


class Api(Protocol):
    """A source that answers; only reading is possible."""

    settings: NpmSettings
    expected: Mapping[str, frozenset[str]]
    """Kind → ids that should be there; see `Surroundings`."""
    empty: frozenset[str]
    """Kinds that may list nothing; see `Surroundings`."""
    facts: Facts

    def rows(self, name: str) -> list[Row]:
        """The rows of one of `LISTS`, without secrets; raises `Refusal`. Each is read once per run."""

    def doubt(self, name: str) -> str | None:
        """Why a list that was read may not be whole: something in it is no row."""
