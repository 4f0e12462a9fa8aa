"""Flags that rule other fields."""

from dataclasses import dataclass

from pydantic import JsonValue

from reconciler.model.pointer import member, parts_of
from reconciler.model.value import Row


@dataclass(frozen=True, slots=True)
class Gate:
    """A flag that rules other fields: while it is closed, their values are stale and count as defaults.

    Fields are JSON pointers into the row: `/dhcpd_start`.
    """

    flag: str
    fields: tuple[str, ...]
    opened_by: frozenset[JsonValue] = frozenset({True})
    """The values of the flag with which the fields count."""
    closed_by: frozenset[JsonValue] | None = None
    """The values with which they do not count, where these are fewer; `opened_by` is then not used."""

    def is_open(self, row: Row) -> bool:
        """Return whether the fields of a row count; those of a flag that could not be read do."""
        parts = parts_of(self.flag)
        unread = row.get("unread")
        if isinstance(unread, list | tuple) and parts[0] in unread:
            return True
        value = member(row, parts)
        if isinstance(value, list | dict):  # an odd value of an API, which no flag has
            return True
        return value in self.opened_by if self.closed_by is None else value not in self.closed_by
