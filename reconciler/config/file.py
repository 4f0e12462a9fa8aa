"""`config/reconciler.yaml` as values: what to read, where to write, what counts as drift.

It never contains secrets: a secret is a whole-value reference `${NAME}` to the environment, resolved only
when its source connects, so that `validate`, `review`, `publish` and `drift --snapshot` need none.
"""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from pydantic import (
    ValidationError,
)

from reconciler import files
from reconciler.config import places
from reconciler.config.gitea import GiteaSettings
from reconciler.config.repository import link_within, repository_root
from reconciler.config.secret import variables
from reconciler.config.settings import FileSettings, SourceSettings
from reconciler.errors import ConfigError, Problem, in_order
from reconciler.text import quoted
from reconciler.yamlfile import validation
from reconciler.yamlfile.syntax import MAX_BYTES
from reconciler.yamlfile.tree import YamlError, YamlPath, YamlTree, parse_yaml

if TYPE_CHECKING:
    from reconciler.config.alarms import Sink

SITE = "site"
"""The folder of desired state for what belongs to no source; a source cannot have this name."""


@dataclass(frozen=True, slots=True)
class Config:
    """The configuration, with each source's entry parsed by its system."""

    file: Path
    root: Path
    """Top of the repository; relative paths start here."""
    settings: FileSettings
    sources: tuple[SourceSettings, ...]
    alarms: "tuple[Sink, ...]" = ()

    @property
    def desired_directory(self) -> Path:
        """The folder of the desired state."""
        return self.root / self.settings.desired_state

    @property
    def publish_directory(self) -> Path:
        """The folder that releases are written to."""
        return self.root / self.settings.publish.directory

    @property
    def senders(self) -> "tuple[SourceSettings | Sink | GiteaSettings, ...]":
        """The entries that send secrets to a server."""
        return (*self.sources, *self.alarms, self.settings.gitea)

    def display_path(self, file: Path) -> str:
        """Return a file as messages and records name it: from the top of the repository, wherever we are."""
        path = Path(os.path.normpath(file.absolute()))
        top = Path(os.path.normpath(self.root.absolute()))
        return path.relative_to(top).as_posix() if path.is_relative_to(top) else str(file)

    @property
    def secret_variables(self) -> frozenset[str]:
        """The environment variables that the configuration refers to."""
        return frozenset(variables((self.settings, self.sources, self.alarms)))


def read(
    file: Path,
    remedy: str = "pass its path with --config, run inside its repository, or make one: `reconciler init`",
    name: str | None = None,
) -> tuple[YamlTree, list[Problem]]:
    """Return a file of the configuration as a tree, with the problems of its refused parts.

    Raises `ConfigError` if it cannot be read at all; `remedy` is how to fix that. Problems have `name`.
    """
    name = name or str(file)
    linked = link_within(Path(os.path.normpath(file.absolute())))
    if linked is not None:
        what = f"{linked.name} is a symbolic link: a pull request could expose any file of the host with it"
        raise ConfigError(Problem(name, what, "replace it with the file itself"))
    try:
        data = files.read_regular(file, MAX_BYTES, cut=True)
    except OSError as error:
        what = f"cannot be read: {error.strerror}"
        raise ConfigError(Problem(name, what, remedy)) from error
    try:
        return parse_yaml(data, name), []
    except YamlError as error:
        if error.tree is None:
            raise ConfigError(error.problems) from error
        return error.tree, [*error.problems]


def load_config(file: Path, systems: Mapping[str, type[SourceSettings]]) -> Config:
    """Read the file; `systems` maps each type of source to its settings model.

    Raises `ConfigError` with every problem as `file:line:column: subject: what is wrong`.
    """
    tree, found = read(file)
    return _load(file, tree, found, systems)


def load_committed(file: Path, data: bytes, name: str, systems: Mapping[str, type[SourceSettings]]) -> Config:
    """Return the configuration that a commit has in place of `file`; problems have `name`.

    Raises `ConfigError` with every problem.
    """
    try:
        return _load(file, parse_yaml(data, name), [], systems)
    except YamlError as error:
        if error.tree is None:
            raise ConfigError(error.problems) from error
        return _load(file, error.tree, [*error.problems], systems)


def _load(
    file: Path, tree: YamlTree, found: list[Problem], systems: Mapping[str, type[SourceSettings]]
) -> Config:
    settings: FileSettings | None = None
    try:
        settings = FileSettings.model_validate(tree.value)
    except ValidationError as error:
        found += validation.problems(error, tree, FileSettings)
    sources = _sources(tree, systems, found)
    alarms = _alarms(tree, found)
    if found or settings is None:
        raise ConfigError(in_order(found))
    root = repository_root(file)
    found += [_problem(tree, path, what) for path, what in places.conflicts(settings, file, root)]
    if found:
        raise ConfigError(in_order(found))
    return Config(file, root, settings, sources, alarms)


def senders_in(
    data: bytes, systems: Mapping[str, type[SourceSettings]]
) -> "tuple[SourceSettings | Sink | GiteaSettings, ...]":
    """Return the senders of an earlier form of the file, without those that cannot be parsed."""
    try:
        tree = parse_yaml(data, "")
    except YamlError as error:
        if error.tree is None:
            return ()
        tree = error.tree
    return (*_sources(tree, systems, []), *_alarms(tree, []), *_code_host(tree))


def _code_host(tree: YamlTree) -> tuple[GiteaSettings, ...]:
    entry = tree.value.get("gitea") if isinstance(tree.value, dict) else None
    try:
        return (GiteaSettings.model_validate({} if entry is None else entry),)
    except ValidationError:
        return ()


def _sources(
    tree: YamlTree, systems: Mapping[str, type[SourceSettings]], found: list[Problem]
) -> tuple[SourceSettings, ...]:
    entries = tree.value.get("sources") if isinstance(tree.value, dict) else None
    sources: list[SourceSettings] = []
    names: set[object] = set()
    for index, entry in enumerate(entries if isinstance(entries, list) else ()):
        at = ("sources", index)
        if not isinstance(entry, dict):
            continue  # the model of the file reports it
        name = entry.get("name")
        if isinstance(name, str) and (name in names or name == SITE):
            why = (
                "is reserved for what belongs to no source"
                if name == SITE
                else "is also the name of another source"
            )
            found.append(_problem(tree, (*at, "name"), f"{quoted(name)} {why}; choose another"))
        names.add(name if isinstance(name, str) else None)
        system = entry.get("type")
        model = systems.get(system) if isinstance(system, str) else None
        if model is None:
            found.append(_problem(tree, (*at, "type"), _unknown_system(system, systems)))
            continue
        try:
            sources.append(model.model_validate(entry))
        except ValidationError as error:
            found += validation.problems(error, tree, model, at)
    return tuple(sources)


def _alarms(tree: YamlTree, found: list[Problem]) -> "tuple[Sink, ...]":
    """Return the sinks of alarms, and add their problems to `found`; without one, import nothing."""
    entries = tree.value.get("alarms") if isinstance(tree.value, dict) else None
    if not isinstance(entries, list) or not entries:
        return ()
    from reconciler.config import alarm_entries

    return alarm_entries.parse(tree, entries, found)


def _unknown_system(system: object, systems: Mapping[str, object]) -> str:
    if system is None:
        return f"is missing; write one of {', '.join(sorted(systems))}"
    given = f", not {quoted(system)}" if isinstance(system, str) else ""
    near = validation.did_you_mean(system, systems) if isinstance(system, str) else ""
    return f"must be one of {', '.join(sorted(systems))}{given}{near}"


def _problem(tree: YamlTree, path: YamlPath, what: str) -> Problem:
    return Problem(tree.position(path), f"{validation.dotted(path)}: {what}")
