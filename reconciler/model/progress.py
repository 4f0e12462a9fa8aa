"""How long steps report their progress."""

from typing import Protocol


class Progress(Protocol):
    """Takes the progress of steps; the command line shows it, tests ignore it. Called from any thread."""

    def step(self, text: str) -> None:
        """Report that a step begins: `reading pve`."""

    def count(self, what: str, done: int, total: int) -> None:
        """Report that `done` of `total` of something, such as guests, are done."""

    def warn(self, text: str) -> None:
        """Report a problem that does not stop the step."""


class Silent:
    """Shows nothing."""

    def step(self, text: str) -> None:
        """Do nothing."""

    def count(self, what: str, done: int, total: int) -> None:
        """Do nothing."""

    def warn(self, text: str) -> None:
        """Do nothing."""
