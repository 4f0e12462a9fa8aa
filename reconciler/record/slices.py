"""Members of canonical JSON, cut out of its bytes: a file of thousands of rows is not parsed for one.

Runs write canonical JSON (`files.canonical`): two blanks a level, sorted, no newline within a text. Whatever
does not have that form, because a person wrote it, is parsed whole.
"""

import re
from collections.abc import Iterator
from typing import Any

from reconciler import files

_ROWS = (b'{\n  "', b"\n}\n")
_TOP = b'\n  "'
_FOREIGN = re.compile(rb"\\u(?!00(?:[01][0-9a-f]|26|3[ce]|7f|[89][0-9a-f]|ad)|061c|20[0-6][0-9a-f]|feff)")
"""An escape that canonical JSON does not have: a name may stand in another form then."""


def row(data: bytes, identity: str) -> Any:
    """Return a member of a JSON object; None if it has none of that name; raises `ValueError` for no JSON."""
    name = _name(identity)
    if data.startswith(_ROWS[0]) and data.endswith(_ROWS[1]):
        found = _cut(data, name)
        if found is not None:
            return found
        if name not in data and b"\\" not in name and not _FOREIGN.search(data):
            return None
    document = files.parse_json(data)
    return document.get(identity) if isinstance(document, dict) else None


def _cut(data: bytes, name: bytes) -> Any:
    """Return a member whose value is an object; None where it does not stand as runs write it."""
    head = b"\n  " + name + b": {"
    at = data.find(head)
    if at < 0:
        return None
    begin = at + len(head) - 1
    end = begin + 2 if data[begin : begin + 2] == b"{}" else data.find(b"\n  }", begin) + 4
    if end < begin:
        return None
    try:
        return files.parse_json(data[begin:end])
    except ValueError:
        return None


def items_about(data: bytes, key: str) -> Iterator[tuple[str, Any]]:
    """Yield the items of the lists of a report that are about a resource, each with the name of its list.

    Raises `ValueError` for no JSON.
    """
    text = _name(key)
    if text not in data:
        return
    if not data.startswith(_ROWS[0]):
        yield from _all_items(data, key)
        return
    at = -1
    while (at := data.find(b'\n      "key": ' + text, at + 1)) >= 0:
        begin, end = data.rfind(b"\n    {", 0, at) + 5, data.find(b"\n    }", at) + 6
        top = data.rfind(_TOP, 0, at) + len(_TOP)
        name = data[top : data.find(b'"', top)].decode("utf-8", "replace")
        if begin >= 5 and end >= 6:
            yield name, files.parse_json(data[begin:end])


def _all_items(data: bytes, key: str) -> Iterator[tuple[str, Any]]:
    document = files.parse_json(data)
    for name, items in document.items() if isinstance(document, dict) else ():
        for item in items if isinstance(items, list) else ():
            if isinstance(item, dict) and item.get("key") == key:
                yield name, item


def rows_with(data: bytes, text: str) -> dict[str, Any]:
    """Return the rows of a file in which a text stands, whatever the case: id → row; more than that may be.

    Raises `ValueError` for no JSON.
    """
    lowered, needle = data.lower(), text.lower().encode("utf-8", "surrogatepass")
    is_plain = text.isascii() and _name(text) == b'"%s"' % text.encode() and not _FOREIGN.search(data)
    if is_plain and needle not in lowered:
        return {}
    if not (is_plain and data.startswith(_ROWS[0]) and data.endswith(_ROWS[1])):
        document = files.parse_json(data)
        return _only_rows(document) if isinstance(document, dict) else {}
    found: dict[str, Any] = {}
    at = -1
    while (at := lowered.find(needle, at + 1)) >= 0:
        begin = data.rfind(_TOP, 0, at + len(_TOP)) + 3
        end = data.find(b"\n  }", begin)
        close = data.find(b"\n", begin)
        end = close if data[begin:close].endswith((b"{}", b"{},")) else end + 4
        if begin < 3 or end < begin:
            continue
        found |= _only_rows(files.parse_json(b"{" + data[begin:end].rstrip(b",") + b"}"))
        at = max(at, end - 1)
    return found


def _only_rows(document: dict[str, Any]) -> dict[str, Any]:
    return {identity: each for identity, each in document.items() if isinstance(each, dict)}


def _name(text: str) -> bytes:
    return files.canonical(text).rstrip(b"\n")
