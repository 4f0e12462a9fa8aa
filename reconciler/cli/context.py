"""The start of every command: the configuration, the secrets, and where progress and problems go."""

import os
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import click

from reconciler.errors import Problem

if TYPE_CHECKING:
    from reconciler.config.file import Config
    from reconciler.model.progress import Progress

DEFAULT_CONFIG = Path("config/reconciler.yaml")
"""Where a site's repository has its configuration."""


def find_config(start: Path) -> Path:
    """Return the configuration of the repository that `start` is in: of the nearest folder that has one.

    Where there is none up to the top of the repository, return the path where it is expected.
    """
    for folder in (start, *start.parents):
        if (folder / DEFAULT_CONFIG).exists():
            return Path(os.path.relpath(folder / DEFAULT_CONFIG, start))
        if (folder / ".git").exists():
            break
    return DEFAULT_CONFIG


@dataclass(frozen=True, slots=True)
class Context:
    """The options before the command."""

    named: Path | None
    """The configuration named on the command line."""
    as_json: bool
    debug: bool

    @property
    def config_file(self) -> Path:
        """The configuration to read."""
        return self.named or find_config(Path.cwd())

    def config(self) -> "Config":
        """The configuration; raises `ConfigError` with every problem."""
        from reconciler import kinds
        from reconciler.config.file import load_config

        return load_config(self.config_file, kinds.settings())

    @property
    def environment(self) -> Mapping[str, str]:
        """The only place that secrets come from."""
        return os.environ

    @contextmanager
    def progress(self) -> Iterator["Progress"]:
        """Bars on a terminal, plain lines in CI, JSON lines when asked for."""
        from reconciler.cli import progress

        with progress.show(as_json=self.as_json) as shown:
            yield shown

    def warn(self, text: str) -> None:
        """Print a warning on standard error, as progress does."""
        with self.progress() as shown:
            shown.warn(text)

    def print_problems(self, problems: Iterable[Problem]) -> None:
        """Print each problem once on standard error, on a line of its own."""
        print_problems(problems, as_json=self.as_json)


def print_problems(problems: Iterable[Problem], *, as_json: bool) -> None:
    """Print each problem once on standard error: a line of text, or a JSON object."""
    import json

    for problem in dict.fromkeys(problems):
        fields = {"subject": problem.subject, "what": problem.what, "remedy": problem.remedy}
        line = json.dumps({"event": "error", **fields}) if as_json else f"error: {problem}"
        click.echo(line, err=True)


pass_context = click.make_pass_decorator(Context)
