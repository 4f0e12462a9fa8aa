"""How a long command shows progress: bars on a terminal, plain lines in CI, JSON lines for machines."""

import json
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import click

from reconciler.model.progress import Progress
from reconciler.model.value import timestamp
from reconciler.report.screen import in_ci

if TYPE_CHECKING:
    import rich.progress


class Lines:
    """A line per step, and one when something that is counted is through."""

    def step(self, text: str) -> None:
        """Print the name of a step that begins."""
        click.echo(text, err=True)

    def count(self, what: str, done: int, total: int) -> None:
        """Print only the end: a CI log is read afterwards."""
        if done == total:
            click.echo(f"  {what}: {total}", err=True)

    def warn(self, text: str) -> None:
        """Print a warning."""
        click.echo(f"warning: {text}", err=True)


class JsonLines:
    """The same as one JSON object a line."""

    def step(self, text: str) -> None:
        """Print the name of a step that begins."""
        self._line(event="step", text=text)

    def count(self, what: str, done: int, total: int) -> None:
        """Print only the end."""
        if done == total:
            self._line(event="count", what=what, total=total)

    def warn(self, text: str) -> None:
        """Print a warning."""
        self._line(event="warning", text=text)

    def _line(self, **fields: object) -> None:
        click.echo(json.dumps({"at": timestamp(datetime.now(UTC)), **fields}), err=True)


class Bars:
    """A line per step that is through, and a bar for what is counted."""

    def __init__(self, shown: "rich.progress.Progress") -> None:
        self._shown = shown
        self._bars: dict[str, rich.progress.TaskID] = {}
        self._lock = threading.Lock()

    def step(self, text: str) -> None:
        """Print the name of a step that begins."""
        self._shown.console.print(text, style="dim", markup=False, highlight=False)

    def warn(self, text: str) -> None:
        """Print a warning."""
        self._shown.console.print(f"warning: {text}", style="bold magenta", markup=False, highlight=False)

    def count(self, what: str, done: int, total: int) -> None:
        """Move the bar of `what`; it goes when it is full."""
        with self._lock:
            if what not in self._bars:
                self._bars[what] = self._shown.add_task(what, total=total)
            self._shown.update(self._bars[what], completed=done, total=total)
            if done >= total:
                self._shown.remove_task(self._bars.pop(what))


@contextmanager
def show(*, as_json: bool) -> Iterator[Progress]:
    """The progress that fits where standard error goes."""
    if as_json:
        yield JsonLines()
    elif in_ci() or not sys.stderr.isatty():
        yield Lines()
    else:
        from rich.console import Console
        from rich.progress import BarColumn, MofNCompleteColumn, TextColumn
        from rich.progress import Progress as RichProgress

        columns = (TextColumn("{task.description}", markup=False), BarColumn(), MofNCompleteColumn())
        with RichProgress(*columns, console=Console(stderr=True), transient=True) as shown:
            yield Bars(shown)
