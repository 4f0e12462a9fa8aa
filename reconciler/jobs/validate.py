"""Doubts about what is written: no mistakes, so they are warnings."""

import os
from collections.abc import Iterator, Mapping, Sequence

from reconciler.config.file import Config, read, senders_in
from reconciler.config.gitea import GiteaSettings
from reconciler.config.secret_use import Sender, doubts
from reconciler.errors import Problem
from reconciler.kinds import settings
from reconciler.yamlfile.tree import YamlTree, parse_yaml


def secrets_in_doubt(config: Config, base: str | None = None) -> Iterator[Problem]:
    """Yield the uses of secrets that may be wrong, by place; changes are those since the commit `base`.

    Without `base`, since the last commit. Raises `RecordError` where `base` cannot be read.
    """
    tree, _ = read(config.file)
    yield from _in_doubt(config, tree, _senders_before(config, base))


def committed_secrets_in_doubt(config: Config, changed: Config, data: bytes, name: str) -> Iterator[Problem]:
    """Yield the uses of secrets that a commit changes, whose configuration is `data`, read as `changed`."""
    yield from _in_doubt(changed, parse_yaml(data, name), config.senders)


def _in_doubt(config: Config, tree: YamlTree, before: Sequence[Sender]) -> Iterator[Problem]:
    sections: Mapping[str, Sequence[Sender]] = {"sources": config.sources, "alarms": config.alarms}
    places = {id(each): (name, at) for name, every in sections.items() for at, each in enumerate(every)}
    for doubt in doubts(config.senders, before):
        if isinstance(doubt.sender, GiteaSettings):
            place, name = tree.position(("gitea", doubt.field)), "gitea"
        else:
            section, number = places[id(doubt.sender)]
            place, name = tree.position((section, number, doubt.field)), f"{section}[{number}]"
        yield Problem(f"{place}: {name}.{doubt.field}", doubt.what, doubt.remedy)


def _senders_before(config: Config, base: str | None) -> tuple[Sender, ...]:
    from reconciler import record

    if base is None and not (config.root / ".git").exists():
        return ()
    repository = record.open_repository(config.root, secrets=config.secret_variables)
    path = os.path.relpath(config.file.resolve(), repository.root.resolve())
    data = record.read_committed(repository, base or "HEAD", path, required=base is not None)
    return () if data is None else senders_in(data, settings())
