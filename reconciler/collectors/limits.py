"""The limits of what may be declared of each kind of a system: `<system>/limits.json`.

The tables are written from the published schemas by `python -m tests.blind_spots.limits`.
"""

from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

from reconciler import files
from reconciler.model.kind import AnyKind
from reconciler.model.limits import tree_of


def with_limits(system: str, kinds: Iterable[AnyKind]) -> tuple[AnyKind, ...]:
    """Return the kinds of a system with the limits of their fields."""
    table = files.parse_json(Path(__file__).with_name(system).joinpath("limits.json").read_bytes())
    return tuple(replace(kind, limits=tree_of(table.get(kind.name, {}))) for kind in kinds)
