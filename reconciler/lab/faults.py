"""Faults on demand: slow answers, dropped connections, wrong answers on chosen paths.

Shared by every server of the lab. Faults may be changed while the lab runs, from any thread.
"""

import random
import threading
from dataclasses import dataclass, field
from fnmatch import fnmatchcase

from reconciler.lab.wire import Answer


@dataclass(slots=True)
class Fault:
    """One fault on the paths that end in `pattern` (`*` matches anything, also slashes)."""

    pattern: str
    answer: Answer | None = None
    """The answer to give instead; None: the true answer."""
    delay: float = 0.0
    """Seconds before the answer."""
    truncate: bool = False
    """Send only the first half of the body."""
    cut: bool = False
    """Close the connection in the middle of the announced body."""
    times: int | None = None
    """How many more times it happens; None: always."""
    every: int = 1
    """Hit only every n-th matching request."""
    host: int | None = None
    """Only on this listener; None: on all."""
    seen: int = field(default=0)

    def hits(self, path: str, host: int) -> bool:
        """Return whether this request is hit, and count it."""
        if self.times == 0 or self.host not in {None, host} or not fnmatchcase(path, f"*{self.pattern}"):
            return False
        self.seen += 1
        if self.seen % self.every:
            return False
        if self.times is not None:
            self.times -= 1
        return True


class Faults:
    """The faults in force. `latency` is in seconds and added to every answer."""

    def __init__(self, *, latency: float = 0.0) -> None:
        self.latency = latency
        self.unauthorized_delay = 0.0
        """Seconds before a 401 is answered; a real pveproxy takes 3."""
        self.skew = 0.0
        """Seconds by which the servers' clocks are ahead."""
        self._lock = threading.Lock()
        self._rules: list[Fault] = []
        self._drop = 0.0
        self._random = random.Random(0)

    def drop(self, fraction: float, *, seed: int = 0) -> None:
        """Close the connection instead of answering, for this share of requests (0 … 1)."""
        with self._lock:
            self._drop = fraction
            self._random = random.Random(seed)

    def add(self, rule: Fault) -> Fault:
        """Put a rule into force; the first rule that hits a request wins."""
        with self._lock:
            self._rules.append(rule)
        return rule

    def answer(
        self,
        pattern: str,
        status: int,
        reason: str,
        *,
        body: bytes = b'{"data":null}',
        content_type: str = "application/json",
        times: int | None = None,
        every: int = 1,
    ) -> Fault:
        """Give this answer instead of the true one, `times` times (None: always), every `every`-th time."""
        return self.add(Fault(pattern, Answer(body, status, reason, content_type), times=times, every=every))

    def html(self, pattern: str, *, status: int = 200, times: int | None = None) -> Fault:
        """Answer with a web page, as a captive portal or a proxy in between would."""
        body = b"<!DOCTYPE html><html><body><h1>Welcome</h1></body></html>"
        return self.answer(pattern, status, "OK", body=body, content_type="text/html", times=times)

    def truncate(self, pattern: str, *, times: int | None = None) -> Fault:
        """Send valid HTTP with half a JSON text."""
        return self.add(Fault(pattern, truncate=True, times=times))

    def cut(self, pattern: str, *, times: int | None = None) -> Fault:
        """Close the connection in the middle of the body."""
        return self.add(Fault(pattern, cut=True, times=times))

    def slow(self, pattern: str, seconds: float, *, times: int | None = None) -> Fault:
        """Give the true answer, but late."""
        return self.add(Fault(pattern, delay=seconds, times=times))

    def clear(self) -> None:
        """Return to a healthy site, without latency."""
        with self._lock:
            self._rules.clear()
            self._drop = 0.0
        self.latency = 0.0
        self.skew = 0.0
        self.unauthorized_delay = 0.0

    def dropped(self) -> bool:
        """Return whether to close the connection of this request without an answer."""
        if not self._drop:
            return False
        with self._lock:
            return self._random.random() < self._drop

    def match(self, path: str, host: int) -> Fault | None:
        """Return the rule that hits this request, or None."""
        if not self._rules:
            return None
        with self._lock:
            return next((rule for rule in self._rules if rule.hits(path, host)), None)
