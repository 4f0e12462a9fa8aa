"""The configuration in a commit, read with git: its ignore rules, and its changes for a review to name."""

from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from reconciler.config.file import Config, load_committed
from reconciler.drift.ignore import FILE, Ignore, rules_of
from reconciler.errors import ConfigError, Problem
from reconciler.jobs import steps
from reconciler.jobs.validate import committed_secrets_in_doubt
from reconciler.kinds import RULES, kinds_of, settings
from reconciler.text import printable
from reconciler.yamlfile.syntax import MAX_BYTES
from reconciler.yamlfile.tree import YamlError, parse_yaml

if TYPE_CHECKING:
    from reconciler.record import Repository


class ConfigChange(NamedTuple):
    """A change of the configuration, whose effect on drift a review does not show."""

    problems: tuple[Problem, ...] = ()
    """Why it is not valid."""
    notes: tuple[str, ...] = ()
    """Sentences for a reviewer; may contain untrusted text."""


def config_change(config: Config, repository: "Repository", base: str, head: str) -> ConfigChange:
    """Return how the configuration in `head` differs from the one in `base`, two commits or trees."""
    path = _in_repository(config, repository, config.file.name)
    if path is None:
        return ConfigChange()
    try:
        before, after = (_content(repository, tree, path) for tree in (base, head))
        if after is None:
            problem = Problem(printable(path), "is removed", "keep it: every command reads it")
            return ConfigChange((problem,) if before is not None else ())
        if after == before:
            return ConfigChange()
        changed = load_committed(config.file, after, printable(path), settings())
    except ConfigError as error:
        return ConfigChange(tuple(error.problems))
    doubts = committed_secrets_in_doubt(config, changed, after, printable(path))
    note = f"{printable(path)} changes too; drift is shown by the configuration of base"
    return ConfigChange((), (note, *(str(doubt) for doubt in doubts)))


def ignores_in(config: Config, repository: "Repository", tree: str) -> tuple[Ignore, ...]:
    """Return the ignore rules in a tree; raises `ConfigError` with every problem."""
    path = _in_repository(config, repository, FILE)
    if path is None:
        return steps.load_ignores(config)  # not of this repository
    data = _content(repository, tree, path)
    if data is None:
        return ()
    try:
        parsed, found = parse_yaml(data, path), []
    except YamlError as error:
        if error.tree is None:
            raise ConfigError(error.problems) from error
        parsed, found = error.tree, [*error.problems]
    return rules_of(parsed, found, kinds_of(config), RULES)


def _in_repository(config: Config, repository: "Repository", name: str) -> str | None:
    """Return the path of a file beside the configuration; None where that is not in the repository."""
    folder = Path(config.file).resolve().parent
    top = repository.root.resolve()
    return (folder.relative_to(top) / name).as_posix() if folder.is_relative_to(top) else None


def _content(repository: "Repository", tree: str, path: str) -> bytes | None:
    """Return a file in a tree; None where there is none. Raises `ConfigError` for anything but a file."""
    from reconciler.record import queries

    entry = queries.committed_file(repository, tree, path)
    if entry is None:
        return None
    if not entry.is_file:
        raise ConfigError(
            Problem(printable(path), "is not a regular file", "replace it with the file itself")
        )
    if entry.size > MAX_BYTES:
        raise ConfigError(Problem(printable(path), f"is larger than {MAX_BYTES // 2**20} MiB", "split it"))
    return queries.contents(repository, (entry,))[entry.path]
