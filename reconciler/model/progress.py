"""The progress of long steps."""

from typing import Protocol


class Progress(Protocol):
    """Receives the progress of a step: the command line shows it, tests ignore it. Called from any thread."""

    def step(self, text: str) -> None:
        """Report that a step begins: `reading pve`."""

    def count(self, what: str, done: int, total: int) -> None:
        """Report that `done` of `total` of something, such as guests, are done."""

    def warn(self, text: str) -> None:
        """Report a problem that does not stop the step."""


class Silent:
    """Ignores all progress."""

    def step(self, text: str) -> None:
        """Ignore it."""

    def count(self, what: str, done: int, total: int) -> None:
        """Ignore it."""

    def warn(self, text: str) -> None:
        """Ignore it."""
