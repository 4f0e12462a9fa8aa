"""Whether an exact resource is as declared: one comparison of two mappings shows it for most."""

from reconciler.model.desired import Declared
from reconciler.model.kind import AnyKind
from reconciler.model.value import Row


def is_as_declared(kind: AnyKind, declared: Declared, live: Row) -> bool:
    """Return whether an exact resource certainly is as declared, with every other field at its default.

    False where only the defaults for this live row can show it.
    """
    filled = declared.filled if declared.filled is not None else kind.fill(declared.fields)
    return filled.items() <= live.items() and not (live.keys() - filled.keys() - kind.not_adopted_fields)
