"""A connected server: each list is read once per run, several at the same time."""

from concurrent.futures import Future, ThreadPoolExecutor
from types import TracebackType
from typing import Self

from reconciler.collectors.npm.api import LISTS, Facts, Refusal, Row
from reconciler.collectors.npm.client import Client
from reconciler.collectors.npm.settings import NpmSettings
from reconciler.model.kind import Surroundings


class Source:
    """A connected source; see `Api` for what can be asked. Use it in `with`."""

    facts: Facts

    def __init__(self, settings: NpmSettings, around: Surroundings) -> None:
        self.settings = settings
        self.expected = around.expected
        self.empty = around.empty
        self._client = Client(settings, around)
        self._pool = ThreadPoolExecutor(settings.connections, thread_name_prefix=f"read-{settings.name}")
        self._lists: dict[str, Future[tuple[list[Row], str | None]]] = {}

    def __enter__(self) -> Self:
        try:
            self.facts = self._client.connect()
            self._lists = {name: self._pool.submit(self._client.rows, name) for name in LISTS}
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

    def rows(self, name: str) -> list[Row]:
        """See `Api.rows`."""
        return self._lists[name].result()[0]

    def doubt(self, name: str) -> str | None:
        """See `Api.doubt`."""
        try:
            return self._lists[name].result()[1]
        except Refusal:  # whoever asked for the rows knows
            return None
