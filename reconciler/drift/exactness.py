"""How much of the declared is held exactly, and which kinds no file declares: what a run cannot see."""

from collections.abc import Iterator

from reconciler.model.desired import DesiredState
from reconciler.model.key import Key
from reconciler.model.kind import Kinds


def not_exact(desired: DesiredState, kinds: Kinds) -> Iterator[Key]:
    """Yield the declared resources whose undeclared fields are not compared, although they could be."""
    for key, declared in sorted(desired.resources.items()):
        kind = kinds.get(key.source, {}).get(key.kind)
        if not (declared.exact or declared.absent or kind is None or kind.fetch is None):
            yield key


def without_file(desired: DesiredState, kinds: Kinds) -> Iterator[str]:
    """Yield `source/kind` of each kind that could be declared and has no file."""
    for source, each in sorted(kinds.items()):
        for name, kind in sorted(each.items()):
            if kind.can_be_declared and kind.fetch is not None and (source, name) not in desired.with_file:
                yield f"{source}/{name}"
