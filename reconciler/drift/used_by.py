"""Who uses what a finding is about: the references of every live resource, followed backwards.

A changed storage is named with the backup jobs that write to it, a security group with the firewalls that
insert its rules.
"""

from collections.abc import Iterator, Sequence
from collections.abc import Set as AbstractSet

from reconciler.drift.findings import Comparison
from reconciler.drift.rule_results import RELATED_MAX
from reconciler.model.findings import Finding
from reconciler.model.key import Key
from reconciler.model.kind import AnyKind
from reconciler.model.references import Reference, referred
from reconciler.model.value import Row

_TYPES = frozenset({"drifted", "missing"})


def with_users(comparison: Comparison, found: Sequence[Finding]) -> list[Finding]:
    """Return the findings, those about something that others use with the keys of these."""
    targets = {finding.key for finding in found if finding.type in _TYPES}
    users = _users(comparison, targets) if targets else {}
    return [
        finding.model_copy(update={"used_by": tuple(sorted(users[finding.key]))[:RELATED_MAX]})
        if finding.type in _TYPES and finding.key in users
        else finding
        for finding in found
    ]


def _users(comparison: Comparison, targets: AbstractSet[Key]) -> dict[Key, set[Key]]:
    about = {key[:2] for key in targets}
    kinds: dict[tuple[str, ...], tuple[AnyKind, Sequence[Reference]]] = {}
    for source, every in comparison.kinds.items():
        for kind in every.values():
            references = [each for each in kind.references if (source, each.kind) in about]
            if references or any((source, each) in about for each in kind.used_kinds):
                kinds[source, kind.name] = (kind, references)
    users: dict[Key, set[Key]] = {}
    for key, row in comparison.inventory.config.items() if kinds else ():
        if key[:2] not in kinds:
            continue
        for target in _used(*kinds[key[:2]], key, row):
            if target in targets and target != key:
                users.setdefault(target, set()).add(key)
    return users


def _used(kind: AnyKind, references: Sequence[Reference], key: Key, row: Row) -> Iterator[Key]:
    """Yield what a resource refers to, by some references of its kind and in texts of their own."""
    for path, other in references:
        yield from (Key(key.source, other, identity) for identity in referred(row, path))
    for other, identity in kind.uses(key.id, row):
        yield Key(key.source, other, identity)
