"""The keys of an API that no model reads, each with the reason: `<system>/ignored_fields.yaml`.

A key of a configuration that is in neither a model nor this table appears by name under `unmodelled`.
"""

import re
from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from fnmatch import translate
from functools import cache
from pathlib import Path

from reconciler.yamlfile.tree import parse_yaml

EVERY_KIND = "*"
"""The section of the keys that rows of every kind may have."""


@dataclass(frozen=True)
class IgnoredFields:
    """The ignored keys of one kind."""

    reasons: Mapping[str, str]
    """Key, or a pattern with `*` for a family of keys → why no model reads it."""
    exact: frozenset[str]
    """The keys without the patterns."""
    _families: re.Pattern[str] | None

    def unmodelled(self, keys: AbstractSet[str]) -> list[str]:
        """Return the keys that are not ignored, in order."""
        left = keys - self.exact
        if self._families is None:
            return sorted(left)
        return sorted(key for key in left if self._families.match(key) is None)


@cache
def ignored_fields(system: str, kind: str) -> IgnoredFields:
    """Return the ignored keys of a kind; none where the system's table has no section for it."""
    table = read_table(system)
    reasons = {**table.get(EVERY_KIND, {}), **table.get(kind, {})}
    families = [translate(key) for key in reasons if "*" in key]
    return IgnoredFields(
        reasons=reasons,
        exact=frozenset(key for key in reasons if "*" not in key),
        _families=re.compile("|".join(families)) if families else None,
    )


@cache
def read_table(system: str) -> Mapping[str, Mapping[str, str]]:
    """Return the table of a system: kind → key or pattern → reason. It is read when a row first needs it."""
    file = Path(__file__).parent / system / "ignored_fields.yaml"
    table: Mapping[str, Mapping[str, str]] = parse_yaml(file.read_bytes(), file.name).value
    return table
