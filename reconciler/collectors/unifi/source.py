"""A connected controller: each list is read once per run, several at the same time."""

from collections.abc import Iterable
from concurrent.futures import Future, ThreadPoolExecutor
from types import TracebackType
from typing import Self

from reconciler.collectors.unifi.api import Facts, Read, Refusal, Row
from reconciler.collectors.unifi.client import Client
from reconciler.collectors.unifi.settings import UnifiSettings
from reconciler.model.kind import Surroundings


class Source:
    """A connected source; see `Api` for what can be asked. Use it in `with`."""

    facts: Facts

    def __init__(self, settings: UnifiSettings, around: Surroundings) -> None:
        self.settings = settings
        self.expected = around.expected
        self.empty = around.empty
        self._client = Client(settings, around)
        self._pool = ThreadPoolExecutor(settings.connections, thread_name_prefix=f"read-{settings.name}")
        self._lists: dict[Read, Future[tuple[list[Row], str | None]]] = {}

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

    def begin(self, reads: Iterable[Read]) -> None:
        """Start to read lists that will be asked for."""
        for read in reads:
            if read not in self._lists:
                self._lists[read] = self._pool.submit(self._client.rows, read)

    def rows(self, read: Read) -> list[Row]:
        """See `Api.rows`."""
        self.begin([read])
        return self._lists[read].result()[0]

    def doubt(self, read: Read) -> str | None:
        """See `Api.doubt`."""
        self.begin([read])
        try:
            return self._lists[read].result()[1]
        except Refusal:  # whoever asked for the rows knows
            return None
