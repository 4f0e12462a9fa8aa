"""The host of a cluster that is asked, and why the others are not: shared by all threads of a client."""

import threading
from collections.abc import Sequence

from reconciler.collectors.proxmox.connection import errors
from reconciler.errors import Problem, SourceError

_SILENT_MAX = 10
"""After so many requests in a row without any HTTP answer, the host is probed."""


class Hosts:
    """Hosts in the order in which they are tried; the first that is up is asked."""

    def __init__(self, names: Sequence[str]) -> None:
        self.names = names
        self.at = 0
        """The one that is asked now."""
        self.dead: SourceError | None = None
        """Why no host can be asked any more."""
        self._silent = 0
        self._down: list[Problem] = []
        self._lock = threading.Lock()

    @property
    def name(self) -> str:
        """The host that is asked now."""
        return self.names[self.at]

    @property
    def has_another(self) -> bool:
        """Whether there is one after it."""
        return self.at + 1 < len(self.names)

    def answered(self) -> None:
        """Note that it gave an HTTP answer, of any status."""
        self._silent = 0

    def silent(self, at: int) -> bool:
        """Note that it gave none; return True after so many in a row that it may be down."""
        with self._lock:
            self._silent += 1
            return self._silent >= _SILENT_MAX and self.at == at

    def give_up(self, at: int, problem: Problem) -> bool:
        """Go on to the next host, unless another thread has; return False when none is left."""
        with self._lock:
            if self.at == at and self.dead is None:
                self._down.append(problem)
                self._silent = 0
                if self.has_another:
                    self.at = at + 1
                else:
                    self.dead = errors.unreachable(self._down)
            return self.dead is None
