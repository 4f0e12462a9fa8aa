"""Rows of a list of addresses as people keep them: CSV, a Markdown table, or lines of `address name`.

The result is cells by the name of a field; `address_list` gives them their meaning.
"""

import csv
import ipaddress
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

LineCells = Mapping[str, str]

ADDRESS, SERVICE, OWNER = "address", "service", "owner"
_HEADERS = {
    ADDRESS: "address ip ipaddress ipaddr ipv4 ipv6 ipv4address ipv6address addr adresse ipadresse first",
    "until": "until last end lastaddress rangeend to bis",
    SERVICE: "service name hostname host device description purpose what dns fqdn comment notes server",
    "mac": "mac macaddress hwaddress hardware ethernet macadresse",
    "role": "role type kind",
    "lifecycle": "lifecycle status state",
    OWNER: "owner resource key",
    "contact": "contact responsible admin who",
    "review": "review nextreview",
}
_FIELD_OF = {word: name for name, words in _HEADERS.items() for word in words.split()}
_DELIMITERS = ",;\t|"
_RULE = re.compile(r":?-+:?")
_LINK = re.compile(r"\[([^\]]*)\]\([^)]*\)")
_SPLIT = re.compile(r"[\s,;={}]+")
_RANGE = re.compile(r"([0-9A-Fa-f.:]+?)\s*(?:-|\u2013|\.\.)\s*([0-9A-Fa-f.:]+)")
_MAC = re.compile(r"(?:[0-9A-Fa-f]{2}[:-]){5}[0-9A-Fa-f]{2}")
_COMMENT = re.compile(r"(?:^|\s)(?:#|//|;)\s*(.*)$")
_DIRECTIVES = frozenset("dhcp-host host-record address fixed-address hardware ethernet host ip range".split())
_MEANT = re.compile(r"\d+(?:\.\d+){3,}|[0-9A-Fa-f]*:[0-9A-Fa-f:]*:[0-9A-Fa-f.:]*(?:%.*)?")


@dataclass(frozen=True, slots=True)
class ListedAddresses:
    """The rows of a list."""

    rows: Sequence[tuple[int, LineCells]]
    """The number of each line, and its cells by field."""
    unknown: Sequence[str] = ()
    """The columns that stand for no field."""
    unread: Sequence[int] = field(default=())
    """The lines that have no address and are not comments."""


def table_of(text: str) -> ListedAddresses:
    """Return the rows of a list, in the form that it has."""
    lines = list(enumerate(text.splitlines(), start=1))
    markdown = [(number, line.strip()) for number, line in lines if line.strip().startswith("|")]
    if any(_is_rule(_cells(line)) for _, line in markdown):
        return _columns([(number, _cells(line)) for number, line in markdown if not _is_rule(_cells(line))])
    delimiter = _delimiter(text)
    if delimiter is not None:
        return _columns(list(_csv_rows(text, delimiter)))
    return _plain(lines)


def is_address(text: str) -> bool:
    """Return whether a text is an IP address, with or without a prefix length."""
    try:
        ipaddress.ip_interface(text.strip().strip("[]"))
    except ValueError:
        return False
    return True


def _cells(line: str) -> list[str]:
    cells = re.split(r"(?<!\\)\|", line.strip().removeprefix("|").removesuffix("|"))
    return [_LINK.sub(r"\1", cell).replace("\\|", "|").strip().strip("`*_").strip() for cell in cells]


def _is_rule(cells: Sequence[str]) -> bool:
    return all(_RULE.fullmatch(cell) for cell in cells)


def _delimiter(text: str) -> str | None:
    """Return the delimiter of a CSV file; None for a file that is none."""
    lines = [line for line in text.splitlines() if line.strip() and not line.lstrip().startswith("#")]
    if not lines:
        return None
    try:
        found = csv.Sniffer().sniff("\n".join(lines[:50]), _DELIMITERS).delimiter
    except csv.Error:
        found = next((each for each in _DELIMITERS if each in lines[0]), "")
    if not found or found not in lines[0]:
        return None
    first = next(csv.reader([lines[0]], delimiter=found))
    named = any(_field(cell) == ADDRESS for cell in first)
    return found if named or (len(first) > 1 and any(map(is_address, first))) else None


def _csv_rows(text: str, delimiter: str) -> Iterator[tuple[int, list[str]]]:
    reader = csv.reader(text.splitlines(keepends=True), delimiter=delimiter, skipinitialspace=True)
    before = 0
    for row in reader:
        cells = [" ".join(cell.split()) for cell in row]
        if any(cells) and not cells[0].startswith("#"):
            yield before + 1, cells
        before = reader.line_num


def _field(header: str) -> str | None:
    return _FIELD_OF.get(re.sub(r"[^a-z0-9]", "", header.casefold()))


def _columns(rows: list[tuple[int, list[str]]]) -> ListedAddresses:
    """Return rows by the fields that their header names; without a header, by what the cells look like."""
    header = rows[0][1]
    if any(map(is_address, header)):
        place = next(index for index, cell in enumerate(header) if is_address(cell))
        names = [ADDRESS if index == place else None for index in range(len(header))]
        text = next((index for index, cell in enumerate(header) if index != place and cell), None)
        if text is not None:
            names[text] = SERVICE
        return _by_field(rows, names, ())
    taken: set[str] = set()
    names = []
    for cell in header:
        name = _field(cell)
        names.append(None if name is None or name in taken else name)
        taken |= {name} if name else set()
    unknown = [cell for cell, name in zip(header, names, strict=True) if name is None and cell]
    return _by_field(rows[1:], names, unknown)


def _by_field(
    rows: Sequence[tuple[int, list[str]]], names: Sequence[str | None], unknown: Sequence[str]
) -> ListedAddresses:
    found = [
        (
            number,
            {
                name: cell
                for name, cell in zip(names, cells, strict=False)
                if name and cell.strip("-\u2013\u2014")
            },
        )
        for number, cells in rows
    ]
    kept = [(number, cells) for number, cells in found if ADDRESS in cells]
    return ListedAddresses(kept, unknown, [number for number, cells in found if ADDRESS not in cells])


def _plain(lines: Sequence[tuple[int, str]]) -> ListedAddresses:
    rows: list[tuple[int, LineCells]] = []
    for number, line in lines:
        comment = _COMMENT.search(line)
        words = (line[: comment.start()] if comment else line).strip()
        if words and not (words.startswith("[") and words.endswith("]") and not is_address(words)):
            rows.append((number, _words(words, comment[1].strip() if comment else "")))
    return ListedAddresses(rows)


def _words(line: str, comment: str) -> LineCells:
    """Return the address, the MAC address and the name in a line; as the address the line if it has none."""
    found: dict[str, str] = {}
    words: list[str] = []
    between = next((each[0] for each in _RANGE.finditer(line) if ends_of(each[0])[1] is not None), None)
    if between is not None:
        found[ADDRESS] = between
        line = line.replace(between, " ")
    for word in _SPLIT.split(line):
        bare = word.strip("'\"`")
        if _MAC.fullmatch(bare):
            found.setdefault("mac", bare)
        elif _looks(bare) and ADDRESS not in found:
            found[ADDRESS] = bare
        elif bare and bare.casefold() not in _DIRECTIVES:
            words.append(bare.removesuffix(":"))
    found.setdefault(ADDRESS, line)
    name = words[0] if words else ""
    text = f"{name} ({comment})" if name and comment else name or comment
    return found | ({SERVICE: text} if text else {})


def ends_of(text: str) -> tuple[str, str | None]:
    """Return the first and last address of a range (`192.168.11.100-199`); of anything else it and None."""
    between = _RANGE.fullmatch(text.strip())
    if between is None or not _looks(between[1]) or _MAC.fullmatch(text.strip()):
        return text, None
    first, last = between[1], between[2]
    return first, last if _looks(last) else f"{first.rpartition('.')[0]}.{last}"


def _looks(word: str) -> bool:
    """Return whether a word is meant as an address: one with a typing mistake as well."""
    return is_address(word) or _MEANT.fullmatch(word.strip("[]").partition("/")[0]) is not None
