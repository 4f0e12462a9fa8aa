"""A connected server whose lists are each read once per run, several at the same time."""

from collections.abc import Iterable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from types import TracebackType
from typing import Any, Generic, Protocol, Self, TypeVar

from reconciler.collectors.http.connection_errors import OutOfTime
from reconciler.collectors.http.request_failed import RequestFailed
from reconciler.collectors.http.settings import WebSettings
from reconciler.errors import Problem
from reconciler.model.system import SourceContext

SettingsT = TypeVar("SettingsT", bound=WebSettings)
FactsT = TypeVar("FactsT")
FactsT_co = TypeVar("FactsT_co", covariant=True)
ReadT = TypeVar("ReadT")
"""The name of a list."""
ReadT_contra = TypeVar("ReadT_contra", contravariant=True)

_Rows = tuple[list[Mapping[str, Any]], Problem | None]


class ListClient(Protocol[FactsT_co, ReadT_contra]):
    """The connection to a server."""

    def connect(self) -> FactsT_co:
        """Get in; raises `SourceError` when nothing can be read."""

    def rows(self, read: ReadT_contra, /) -> _Rows:
        """The rows of a list, and why they may not be all; raises `RequestFailed`."""

    def close(self) -> None:
        """End every connection."""


class Lists(Generic[SettingsT, FactsT, ReadT]):
    """A connected source; see the `Api` of its system for what can be asked. Use it in `with`."""

    facts: FactsT

    def __init__(
        self, settings: SettingsT, context: SourceContext, client: ListClient[FactsT, ReadT]
    ) -> None:
        self.settings = settings
        self.expected = context.expected
        self.empty = context.empty
        self.first = context.first
        self._budget = context.budget
        self._client = client
        self._pool = ThreadPoolExecutor(settings.connections, thread_name_prefix=f"read-{settings.name}")
        self._lists: dict[ReadT, Future[_Rows]] = {}

    def __enter__(self) -> Self:
        try:
            self.facts = self._client.connect()
        except BaseException:
            self._close()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._close()

    def _close(self) -> None:
        self._pool.shutdown(wait=False, cancel_futures=True)
        self._client.close()

    def begin(self, reads: Iterable[ReadT]) -> None:
        """Start to read lists that will be asked for."""
        for read in reads:
            if read not in self._lists:
                self._lists[read] = self._pool.submit(self._client.rows, read)

    def rows(self, read: ReadT) -> list[Mapping[str, Any]]:
        """Return the rows of a list, without secrets; raises `RequestFailed` or `OutOfTime`."""
        self.begin([read])
        try:
            return self._lists[read].result()[0]
        except OutOfTime:
            if not self._budget.left:  # else only the part of another kind was over
                raise
        del self._lists[read]
        self.begin([read])
        return self._lists[read].result()[0]

    def doubt(self, read: ReadT) -> Problem | None:
        """Return why a list that was read may be incomplete."""
        self.begin([read])
        try:
            return self._lists[read].result()[1]
        except RequestFailed:  # whoever asked for the rows knows
            return None
