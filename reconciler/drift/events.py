"""What happened between two runs that is no drift: a guest moved, an id was given to another guest."""

from collections.abc import Iterator

from reconciler.model.findings import Event
from reconciler.model.kind import Kinds
from reconciler.model.pointer import member, parts_of
from reconciler.model.recorded import Recorded
from reconciler.model.snapshot import Site


def events(site: Site, previous: Recorded | None, kinds: Kinds) -> Iterator[Event]:
    """The events of what this run read, against the rows that the last one recorded."""
    if previous is None:
        return
    for key, row in site.config.items():
        tell = kinds[key.source][key.kind].events
        before = previous.config.get(key)
        if tell is None or before is None or key in site.as_of:
            continue
        for what, path in tell(before, row):
            name = row.get("name")
            yield Event(
                key=key,
                name=name if isinstance(name, str) else None,
                what=what,
                path=path,
                before=member(before, parts_of(path)),
                after=member(row, parts_of(path)),
            )
