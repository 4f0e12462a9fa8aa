"""Doubts about what is written: no mistakes, so they are warnings."""

import os
from collections.abc import Iterator

from reconciler.config.file import Config, read, sources_in
from reconciler.config.secret_use import doubts
from reconciler.config.settings import SourceSettings
from reconciler.errors import Problem
from reconciler.kinds import settings


def secrets_in_doubt(config: Config, base: str | None = None) -> Iterator[Problem]:
    """Yield the uses of secrets that may be wrong, by place; changes are those since the commit `base`.

    Without `base`, since the last commit. Raises `RecordError` where `base` cannot be read.
    """
    tree, _ = read(config.file)
    names = [source.name for source in config.sources]
    for doubt in doubts(config.sources, _sources_before(config, base)):
        number = names.index(doubt.source)
        place = tree.position(("sources", number, doubt.field))
        yield Problem(f"{place}: sources[{number}].{doubt.field}", doubt.what, doubt.remedy)


def _sources_before(config: Config, base: str | None) -> tuple[SourceSettings, ...]:
    from reconciler import record

    if base is None and not (config.root / ".git").exists():
        return ()
    repository = record.open_repository(config.root, secrets=config.secret_variables)
    path = os.path.relpath(config.file.resolve(), repository.root.resolve())
    data = record.read_committed(repository, base or "HEAD", path, required=base is not None)
    return () if data is None else sources_in(data, settings())
