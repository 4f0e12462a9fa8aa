"""A reader of `/v1/index/resources`, as a portal would write it."""

from collections.abc import Mapping
from typing import Any, NamedTuple


class Found(NamedTuple):
    """One row."""

    title: str
    link: str | None
    row: Mapping[str, Any]


def rows_of(data: Mapping[str, Any]) -> dict[str, Found]:
    """Key → what the index has of it."""
    words, columns = data["words"], data["columns"]
    found = {}
    for number in range(data["count"]):
        row = {name: column[number] for name, column in columns.items()}
        for name, table in words.items():
            row[name] = None if row[name] is None else table[row[name]]
        key = f"{row['source']}/{row['kind']}/{row['id']}"
        link = f"/v1/inventory/{row['folder']}/{row['slug'] or row['id']}" if row["folder"] else None
        found[key] = Found(row["title"] or row["id"], link, row)
    return found
