"""The order of reading: what ran out of time in the last run comes first, the longest unread of it first."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime

from reconciler.model.kind import AnyKind
from reconciler.model.recorded import Recorded

LeftOver = Mapping[tuple[str, str], tuple[str, ...]]
"""(source, kind) that ran out of time → the ids that were not read then, in the order in which they come."""

_NEVER_READ = datetime.min.replace(tzinfo=UTC)


def left_over(previous: Recorded | None) -> LeftOver:
    """Return what the last run had no time for: first what no run has read, then by the time it was read."""
    if previous is None:
        return {}
    short = {(scope.source, scope.kind): scope for scope in previous.inventory.scopes if scope.out_of_time}
    read_at = previous.inventory.as_of
    ids = {
        at: {identity: _NEVER_READ for identity, each in scope.unread.items() if each.cause == "no-time-left"}
        for at, scope in short.items()
    }
    for key, moment in read_at.items():
        if key[:2] in ids:
            ids[key[:2]][key.id] = moment
    oldest = {at: min(each.values(), default=_NEVER_READ) for at, each in ids.items()}
    return {at: tuple(sorted(ids[at], key=ids[at].__getitem__)) for at in sorted(ids, key=oldest.__getitem__)}


def kinds_in_order(kinds: Sequence[AnyKind], first: Iterable[str]) -> list[AnyKind]:
    """Return the kinds in their order after those in `first`, and each after the kinds that it needs."""
    by_name = {kind.name: kind for kind in kinds}
    ordered: dict[str, AnyKind] = {}

    def add(kind: AnyKind) -> None:
        for name in kind.needs:
            add(by_name[name])
        ordered.setdefault(kind.name, kind)

    for name in first_of(by_name, first):
        add(by_name[name])
    return list(ordered.values())


def first_of(names: Iterable[str], first: Iterable[str]) -> list[str]:
    """Return names in their order, but after those that come first."""
    rank = {name: at for at, name in enumerate(first)}
    return sorted(names, key=lambda name: rank.get(name, len(rank)))
