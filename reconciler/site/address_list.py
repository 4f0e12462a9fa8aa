"""A list of addresses as desired state: rows of `site/address`, with every line that cannot be one."""

import ipaddress
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, get_args

from pydantic import TypeAdapter, ValidationError

from reconciler.config.file import SITE
from reconciler.errors import Problem, ReconcilerError
from reconciler.model.fields.ethernet import mac_in_any_form
from reconciler.model.key import Key
from reconciler.model.value import Row
from reconciler.site.address import KIND, SiteAddress
from reconciler.site.address_tables import ADDRESS, OWNER, LineCells, ListedAddresses, ends_of, table_of
from reconciler.text import counted, printable, quoted
from reconciler.yamlfile.shapes import field_types, unwrap
from reconciler.yamlfile.validation import first_error

_CHOICES = ("role", "lifecycle")


@dataclass(frozen=True, slots=True)
class ImportedAddresses:
    """The addresses of a list."""

    rows: Mapping[Key, Row]
    """Only the fields that the list gives."""
    notes: tuple[str, ...]
    """Remarks on columns and lines that were passed over."""


def address_list(data: bytes, name: str) -> ImportedAddresses:
    """Return the addresses of a list; raises `ReconcilerError` with every line that is wrong."""
    table = table_of(_text(data, name))
    if not table.rows:
        what = "contains no readable addresses"
        remedy = "write a CSV file or a Markdown table with a column `address`, or lines of `address name`"
        raise ReconcilerError(Problem(name, what, remedy))
    table, notes = _meant(table)
    found: dict[Key, tuple[int, Row]] = {}
    problems: list[Problem] = []
    for number, cells in table.rows:
        try:
            key, row = _row(cells)
        except ValueError as error:
            problems.append(Problem(f"{name}:{number}", printable(str(error))))
            continue
        first, same = found.setdefault(key, (number, row))
        if same != row:
            what = f"{key.id} is already on line {first}, with other values"
            problems.append(Problem(f"{name}:{number}", what, "keep one of them"))
    if problems:
        raise ReconcilerError(problems)
    return ImportedAddresses({key: row for key, (_, row) in found.items()}, tuple(notes))


def _text(data: bytes, name: str) -> str:
    encoding = "utf-16" if data.startswith((b"\xff\xfe", b"\xfe\xff")) else "utf-8-sig"
    try:
        return data.decode(encoding)
    except UnicodeDecodeError as error:
        line = data[: error.start].count(b"\n") + 1
        raise ReconcilerError(Problem(f"{name}:{line}", "is not UTF-8", "save the file as UTF-8")) from None


def _meant(table: ListedAddresses) -> tuple[ListedAddresses, list[str]]:
    """Return a table without the columns whose cells are of no use, and what was passed over."""
    notes = [f"column {quoted(each)} does not match a field" for each in table.unknown]
    if table.unread:
        lines = ", ".join(map(str, table.unread[:10])) + ("…" if len(table.unread) > 10 else "")
        notes.append(f"{counted(len(table.unread), 'line')} without an address skipped: {lines}")
    shapes = field_types(SiteAddress) or {}
    rows: Sequence[tuple[int, LineCells]] = table.rows
    for name in _CHOICES:
        choices = get_args(unwrap(shapes[name]))
        given = [row[name] for _, row in rows if name in row]
        odd = next((each for each in given if each.casefold() not in choices), None)
        if odd is not None:
            notes.append(f"the column of {name} skipped: {quoted(odd)} is none of {', '.join(choices)}")
        rows = [(line, _with_choice(row, name, known=odd is None)) for line, row in rows]
    if any(not _is_key(row.get(OWNER)) for _, row in rows):
        rows = [(number, _with_contact(row)) for number, row in rows]
    return ListedAddresses(rows), notes


def _is_key(text: str | None) -> bool:
    return text is None or len([part for part in text.split("/", 2) if part]) == 3


def _with_contact(row: LineCells) -> LineCells:
    """Return a row in which the owner is a person, and so whom to ask."""
    others = {name: cell for name, cell in row.items() if name != OWNER}
    return {"contact": row[OWNER], **others} if OWNER in row else others


def _with_choice(row: LineCells, name: str, *, known: bool) -> LineCells:
    """Return a row with a choice in small letters; without it where the column has other words."""
    others = {at: cell for at, cell in row.items() if at != name}
    return {**others, name: row[name].casefold()} if known and name in row else others


def _row(cells: LineCells) -> tuple[Key, Row]:
    """Return the row of one line; raises `ValueError` with what is wrong."""
    first, last = ends_of(cells[ADDRESS])
    fields: dict[str, Any] = {name: cell for name, cell in cells.items() if name != ADDRESS}
    if last is not None:
        fields.setdefault("until", last)
    if "until" in fields:
        fields.setdefault("role", "dhcp-pool")
        fields["until"] = _address(fields["until"])
    address = _address(first)
    if "mac" in fields:
        fields["mac"] = mac_in_any_form(fields["mac"])
    try:
        identity = TypeAdapter(KIND.identity).validate_python(address)
        parsed = TypeAdapter(SiteAddress).validate_python(fields)
    except ValidationError as error:
        raise ValueError(first_error(error, whole=address)) from None
    normal = parsed.model_dump(mode="json", exclude_none=True)
    return Key(SITE, KIND.name, identity), {name: normal[name] for name in fields}


def _address(text: str) -> str:
    """Return an address without its prefix length; raises `ValueError` for a network, or anything else."""
    bare = text.strip().strip("[]")
    try:
        found = ipaddress.ip_interface("" if "%" in bare else bare)
    except ValueError:
        message = f"{quoted(bare)} is not an IP address"
        raise ValueError(message) from None
    network = found.network
    if "/" in bare and network.num_addresses > 2 and found.ip == network.network_address:
        message = f"{bare} is a network, not an address"
        raise ValueError(message)
    return str(found.ip)
