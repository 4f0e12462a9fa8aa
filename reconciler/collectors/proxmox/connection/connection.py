"""A connected source: the first host that answers is asked, many paths at once, by a limited pool."""

import threading
from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from queue import SimpleQueue
from types import TracebackType
from typing import Any, Self

from reconciler.collectors.http.connection_errors import HostUnreachable, IncompleteResponse, NoTimeLeft
from reconciler.collectors.proxmox.connection import errors
from reconciler.collectors.proxmox.connection.api import ProxmoxRequestFailed
from reconciler.collectors.proxmox.connection.client import ProxmoxClient
from reconciler.collectors.proxmox.connection.hosts import Hosts
from reconciler.collectors.proxmox.connection.settings import ProxmoxSettings
from reconciler.collectors.reading_order import first_of
from reconciler.errors import Problem
from reconciler.model.deadline import NEVER, Deadline
from reconciler.model.system import SourceContext

_HANDFUL = 8


class ProxmoxConnection:
    """A connected source; see `ProxmoxApi` for what can be asked. Close it, or use it in `with`."""

    def __init__(self, settings: ProxmoxSettings, context: SourceContext) -> None:
        self.settings = settings
        self.expected = context.expected
        self.declared = context.declared
        self.empty = context.empty
        self.first = context.first
        self.fingerprinter = context.fingerprinter
        self.count = 0
        """Requests made; repeated ones count once."""
        self._client = ProxmoxClient(settings, context)
        self._progress = context.progress
        self._budget = context.budget
        self._pool = ThreadPoolExecutor(settings.connections, thread_name_prefix=f"read-{settings.name}")
        self._lock = threading.Lock()
        self._probe = threading.Lock()
        self._hosts = Hosts(settings.hosts)
        self._begun: dict[str, Future[Mapping[str, Any]]] = {}
        self._ahead: tuple[str, ...] = ()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """End every connection."""
        self._pool.shutdown(wait=True, cancel_futures=True)
        self._client.close()

    @property
    def host(self) -> str:
        """The host that answers now."""
        return self._hosts.name

    def begin(self, paths: Iterable[str]) -> None:
        """See `ProxmoxApi.begin`; they go before all that is asked for later."""
        for path in paths:
            self._begun[path] = self._pool.submit(self._answer, path, {})

    def prepare(self, paths: Iterable[str]) -> None:
        """See `ProxmoxApi.prepare`."""
        self._ahead = tuple(paths)

    def in_order(self, kind: str, ids: Iterable[str]) -> list[str]:
        """See `ProxmoxApi.in_order`."""
        return first_of(ids, self.first.get(kind, ()))

    def _begun_answer(self, path: str, *, in_pool: bool = False) -> Mapping[str, Any] | None:
        """Return the answer to a request that was begun before; None for one that is to be made now.

        A thread of the pool never waits for one that still waits for a thread: it makes the request itself.
        """
        with self._lock:  # whoever comes next finds all of them begun
            if path in self._ahead:
                ahead, self._ahead = self._ahead, ()
                self.begin(ahead)
            begun = self._begun.pop(path, None)
        if begun is None or (in_pool and begun.cancel()):
            return None
        try:
            return begun.result()  # it is done, or another thread is at it
        except ProxmoxRequestFailed as failure:
            if failure.for_time and self._budget.left:  # only the part of another kind was over
                return None
            if failure.for_time:
                self._budget.refuse()  # once more: for the kind that asks
            raise

    def get(self, path: str, **params: str | int) -> Any:
        """See `ProxmoxApi.get`."""
        begun = None if params else self._begun_answer(path)
        return self._data(path, begun or self._pool.submit(self._answer, path, params).result())

    def get_many(
        self,
        paths: Iterable[str],
        *,
        what: str = "",
        total: int = 0,
        within: float | None = None,
        whole: bool = False,
    ) -> Iterator[tuple[str, Any]]:
        """See `ProxmoxApi.get_many`; answers come in handfuls, because each change of threads costs CPU."""
        deadline = NEVER if within is None else self._budget.limited(within)
        source, lock = iter(paths), threading.Lock()

        def handful() -> list[tuple[str, Any]]:
            got: list[tuple[str, Any]] = []
            while len(got) < _HANDFUL:
                with lock:
                    path = next(source, None)
                if path is None:
                    break
                got.append(self._one(path, deadline, whole=whole))
                if isinstance(got[-1][1], ProxmoxRequestFailed):
                    break  # who asks may want to know at once
            return got

        answers: SimpleQueue[Future[list[tuple[str, Any]]]] = SimpleQueue()
        running = 2 * self.settings.connections
        for _ in range(running):
            self._pool.submit(handful).add_done_callback(answers.put)
        done = 0
        while running:
            got = answers.get().result()
            if got:
                self._pool.submit(handful).add_done_callback(answers.put)
            else:
                running -= 1
            done += len(got)
            if what and got:
                self._progress.count(what, done, max(total, done))
            yield from got

    def _one(self, path: str, deadline: Deadline, *, whole: bool) -> tuple[str, Any]:
        if not deadline.left:
            return path, ProxmoxRequestFailed(
                self.host, path, None, "skipped, because the others took too long", "no-time-left"
            )
        try:
            answer = self._begun_answer(path, in_pool=True) or self._answer(path, {})
            return path, answer if whole else self._data(path, answer)
        except ProxmoxRequestFailed as refusal:
            return path, refusal

    def _data(self, path: str, envelope: Mapping[str, Any]) -> Any:
        data = envelope["data"]
        if data is None:
            raise ProxmoxRequestFailed(self.host, path, 200, "the answer has no data")
        return data

    def _answer(self, path: str, params: Mapping[str, str | int]) -> Mapping[str, Any]:
        """Ask the first host that is up, and return its answer."""
        with self._lock:
            self.count += 1
        hosts = self._hosts
        while True:
            if hosts.dead is not None:
                raise hosts.dead
            at = hosts.at
            try:
                return self._ask(at, path, params)
            except HostUnreachable as down:
                hosts.give_up(at, down.problem)
            except NoTimeLeft as late:
                raise ProxmoxRequestFailed(
                    hosts.names[at], path, None, late.reason, late.cause, remedy=late.remedy
                ) from None
            except IncompleteResponse as silence:
                host = hosts.names[at]
                if self._is_there(at):
                    raise ProxmoxRequestFailed(
                        host, path, None, silence.reason, timed_out=silence.timed_out
                    ) from None
                hosts.give_up(at, Problem(host, silence.reason, cause=silence.cause))

    def another_host(self, why: str) -> bool:
        """See `ProxmoxApi.another_host`."""
        hosts = self._hosts
        return hosts.has_another and hosts.give_up(hosts.at, Problem(hosts.name, why, cause="request-failed"))

    def _is_there(self, at: int) -> bool:
        """Return whether a host that gave no answer still gives any; probed only after many such requests.

        Otherwise it is a node behind it, or a guest's agent, that does not answer.
        """
        with self._probe:
            if not self._hosts.silent(at):
                return True
            try:
                self._ask(at, "version", {})
            except (HostUnreachable, IncompleteResponse):
                return False
            except ProxmoxRequestFailed:
                return True
            return True

    def _ask(self, at: int, path: str, params: Mapping[str, str | int]) -> Mapping[str, Any]:
        try:
            answer = self._client.ask(self._hosts.names[at], path, params)
        except ProxmoxRequestFailed as refusal:
            if refusal.status is not None:
                self._hosts.answered()
            raise
        except errors.Unauthorized as refused:
            self._hosts.dead = refused
            raise
        self._hosts.answered()
        return answer
