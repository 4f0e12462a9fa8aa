"""The seam between the kinds and the network: the requests that kinds may make, and how one fails."""

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Protocol
from urllib.parse import quote

from reconciler.collectors.http import request_failed
from reconciler.collectors.proxmox.connection.settings import ProxmoxSettings
from reconciler.errors import Cause, Problem
from reconciler.model.fingerprint import SecretFingerprinter
from reconciler.text import quoted

_NOT_THERE = re.compile(r"(?i)\b(?:does not exist|do not exist|no such|not found)\b")


class ProxmoxRequestFailed(request_failed.RequestFailed):
    """One path that could not be read; the source as a whole still can.

    Proxmox VE sends its `reason` in the HTTP reason phrase.
    """

    def __init__(
        self,
        host: str,
        path: str,
        status: int | None,
        reason: str,
        cause: Cause | None = None,
        *,
        remedy: str = "",
        timed_out: bool = False,
    ) -> None:
        self.timed_out = timed_out
        super().__init__(host, path, status, reason, remedy, cause="timeout" if timed_out else cause)

    @property
    def node_silent(self) -> bool:
        """Whether the node that should answer cannot be reached through the cluster (595 to 599)."""
        return self.status is not None and 595 <= self.status <= 599

    @property
    def for_time(self) -> bool:
        """Whether the time for reading the source was over."""
        return self.cause == "no-time-left"

    @property
    def gone(self) -> bool:
        """Whether the resource does not exist: Proxmox VE states it in the text of a 500."""
        return self.status == 404 or (self.status == 500 and _NOT_THERE.search(self.reason) is not None)

    @property
    def unknown(self) -> bool:
        """Whether this release does not know the question (501), or not in this form (400)."""
        return self.status in {400, 501}


def path(*segments: object) -> str:
    """Return a path below `/api2/json/`; whatever a segment holds, it stays one segment."""
    return "/".join(quote(str(segment), safe="") for segment in segments)


class ProxmoxApi(Protocol):
    """A source that answers; only reading is possible.

    Every method raises `ProxmoxRequestFailed` for a path that cannot be read and `SourceError` when nothing
    can be.
    """

    settings: ProxmoxSettings
    expected: Mapping[str, frozenset[str]]
    """Kind → ids that should be there; see `SourceContext`."""
    declared: Mapping[str, frozenset[str]]
    """Kind → ids that are declared; see `SourceContext`."""
    empty: frozenset[str]
    """Kinds that may list nothing; see `SourceContext`."""
    fingerprinter: SecretFingerprinter | None
    """Makes fingerprints of secrets; see `SourceContext`."""
    first: Mapping[str, tuple[str, ...]]
    """Kinds that are read first, with their ids; see `SourceContext`."""

    def another_host(self, why: str) -> bool:
        """Give this host up and go on with the next; False, and nothing done, when there is none."""

    def begin(self, paths: Iterable[str]) -> None:
        """Start to read paths that will be asked for, once each."""

    def prepare(self, paths: Iterable[str]) -> None:
        """Note paths that will be asked for, once each: all are begun when the first of them is asked for."""

    def in_order(self, kind: str, ids: Iterable[str]) -> list[str]:
        """Return ids in the order in which to read them: what ran out of time in the last run comes first."""

    def get(self, path: str, **params: str | int) -> Any:
        """Return the `data` of an answer; never None."""

    def get_many(
        self,
        paths: Iterable[str],
        *,
        what: str = "",
        total: int = 0,
        within: float | None = None,
        whole: bool = False,
    ) -> Iterator[tuple[str, Any]]:
        """Yield each path with its `data` or its `ProxmoxRequestFailed`, as they come.

        Paths are taken as they are needed.

        With `whole`, the answer with the keys beside `data`: the pending `changes` of node networks.
        `what` and `total` go to the progress; what has not begun `within` so many seconds is skipped.
        """


def rows(data: Any, host: str, at: str) -> list[Mapping[str, Any]]:
    """Return the rows of a list; raises `ProxmoxRequestFailed` when it is not a list of objects."""
    if not isinstance(data, list) or not all(isinstance(row, dict) for row in data):
        raise ProxmoxRequestFailed(host, at, 200, "the answer is not a list of objects")
    return data


def by_key(
    found: Iterable[Mapping[str, Any]], key: str
) -> tuple[dict[str, Mapping[str, Any]], Problem | None]:
    """Return rows by their `key`, and why some may be missing: a row without one, or two with one."""
    return by_identity(((row.get(key), row) for row in found), key)


def by_identity(
    found: Iterable[tuple[Any, Mapping[str, Any]]], key: str
) -> tuple[dict[str, Mapping[str, Any]], Problem | None]:
    """Return rows by the identity that each comes with, likewise; `key` names it in the problem.

    Of two different rows with the same one none counts, because nothing shows which of them is right.
    """
    by_name: dict[str, Mapping[str, Any]] = {}
    twice: set[str] = set()
    nameless = 0
    for value, row in found:
        if not value or not isinstance(value, str | int) or isinstance(value, bool):
            nameless += 1
        elif by_name.setdefault(str(value), row) != row:
            twice.add(str(value))
    for name in twice:
        del by_name[name]
    if not nameless and not twice:
        return by_name, None
    some = "1 row of the answer has" if nameless == 1 else f"{nameless} rows of the answer have"
    whats = [f"{some} no {key}"] if nameless else []
    whats += [f"several rows of the answer have the {key} {quoted(name)}" for name in sorted(twice)[:1]]
    return by_name, Problem("", " and ".join(whats), cause="bad-answer")
