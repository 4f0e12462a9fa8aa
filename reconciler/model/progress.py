"""How long steps tell that they move."""

from typing import Protocol


class Progress(Protocol):
    """Where a step reports; the command line shows it, tests ignore it. Called from any thread."""

    def step(self, text: str) -> None:
        """A step begins: `reading pve`."""

    def count(self, what: str, done: int, total: int) -> None:
        """`done` of `total` of something, such as guests, are through."""

    def warn(self, text: str) -> None:
        """Something is not as it should be, and the step goes on all the same."""


class Silent:
    """Tells nobody."""

    def step(self, text: str) -> None:
        """Nothing."""

    def count(self, what: str, done: int, total: int) -> None:
        """Nothing."""

    def warn(self, text: str) -> None:
        """Nothing."""
