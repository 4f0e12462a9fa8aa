"""`docs/not-checked.md`: the keys of each API that are left out on purpose, from their tables."""

from collections.abc import Iterator, Mapping

from reconciler.collectors.ignored_fields import EVERY_KIND, read_table, shows_elsewhere
from reconciler.kinds import SYSTEMS

_INTRODUCTION = """\
A key of an API is one of three: a field reads it, a table leaves it out on purpose, or neither. One
that is in neither is kept by its name and, with `fingerprint_key`, by the keyed fingerprint of its
value; a change of it is an [event](glossary.md). This page has the tables:
`reconciler/collectors/<system>/ignored_fields.yaml`.

For each kind the first list has the keys whose changes nothing shows. Those of the second list show
elsewhere: tests change each of them, and what its reason names must change.

`[n]` stands for a number and `x_*` for every key that starts so. `locations[].id` is a key in the
items of a list; `locations[path].id` also names the key by which an item is known.
"""


def not_checked(note: str) -> str:
    """Return the page."""
    pages = [f"# Keys that are not checked\n\n{note}\n{_INTRODUCTION}", _counts()]
    for name in SYSTEMS:
        for section, table in read_table(name).items():
            pages.append(f"## {name}: {_title(section)}\n\n" + "\n".join(_section(table)))
    return "\n".join(pages)


def _title(section: str) -> str:
    return "every kind" if section == EVERY_KIND else section.replace("integration ", "integration API, ")


def _counts() -> str:
    rows = ["| system | nothing shows a change | shows elsewhere |", "|---|---|---|"]
    for name in SYSTEMS:
        reasons = [str(reason) for table in read_table(name).values() for reason in table.values()]
        if not reasons:
            continue
        seen = sum(map(shows_elsewhere, reasons))
        rows.append(f"| {name} | {len(reasons) - seen} | {seen} |")
    return "\n".join(rows) + "\n"


def _section(table: Mapping[str, str]) -> Iterator[str]:
    unseen = {key: reason for key, reason in table.items() if not shows_elsewhere(str(reason))}
    seen = {key: reason for key, reason in table.items() if key not in unseen}
    for title, keys in (("Not checked:", unseen), ("Shows elsewhere:", seen)):
        if keys:
            rows = [f"| `{key}` | {reason} |" for key, reason in keys.items()]
            yield "\n".join([f"{title}\n", "| key | reason |", "|---|---|", *rows]) + "\n"
