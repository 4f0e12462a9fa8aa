"""Documents of the published lab, shortened and without clocks: examples that are the same in every run."""

import re
from functools import cache
from typing import Any

from reconciler import files
from reconciler.publish.documents.form import INDEX, AnyDocument, Family, Fixed, path_of
from reconciler.publish.documents.validation import document_of
from tests.publish import sites

STEADY = {
    r"\d{8}T\d{6}Z-[0-9a-f]{6}": "20261123T210500Z-3fa9c1",
    r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ": "2026-11-23T21:05:00Z",
    r"\b\d{4}-\d\d-\d\d\b(?!T)": "2026-12-31",
    r"\b\d\d:\d\d UTC": "21:05 UTC",
    r'(?<="memory_used":)\d+': "112795",
    r'(?<="used":\{"memory_mib":)\d+': "31849",
    r'(?<="usual_seconds":)\d+': "900",
    r'(?<="seconds":)[\d.]+': "12.5",
    r'(?<="sha256":")[0-9a-f]{64}': "b58d7f6c" * 8,
    r'(?<=[0-9a-f]{64}","size":)\d+': "2228",
    r'(?<="lineage":")[0-9a-f]{12}': "a951014f2c1a",
    r"127\.0\.0\.1:\d+": "r630-01.lan:8006",
    r"\b(?=\w*\d)(?=\w*[a-f])[0-9a-f]{40}\b": "a951014f2c1ab7d09e3c5b8a6f4e2d1c0b9a8f7e",
}
"""Pattern → what stands for a value that differs from run to run."""
PREFERRED = (
    "v1/inventory/guests.json",
    "v1/inventory/guests/pve/113.json",
    "v1/inventory/guests/pve/120.json",
)
"""Members of families that are shown, where there are several."""
ITEMS = 2
BY_DATA = re.compile(r"[/:.\s]|^\d+$|^$")
"""A name that is data: of a mapping, not of a model."""
MAPPINGS = frozenset({"resources", "scopes", "pve", "unifi", "npm", "site"})


@cache
def examples() -> dict[str, tuple[str, bytes]]:
    """Route of the table → the path and the bytes of one document, with the same values in every run."""
    tree, found = sites.lab_tree(), dict[str, tuple[str, bytes]]()
    for path in [*PREFERRED, *tree]:
        document = document_of(path)
        if path in tree and document is not None:
            found.setdefault(document.route, (path, steady(tree[path].decode()).encode()))
    return found


def shown(document: AnyDocument) -> Any:
    """Return a document of the lab as a shortened JSON value."""
    return shorten(files.parse_json(examples()[document.route][1]))


def shorten(value: Any) -> Any:
    """Return a JSON value with the first items of each list and mapping."""
    if isinstance(value, list):
        return [shorten(each) for each in value[:ITEMS]]
    if not isinstance(value, dict):
        return value
    names = list(value)
    if any(BY_DATA.search(name) for name in names) or set(names) <= MAPPINGS:
        names = names[:ITEMS]
    elif len(names) > 30:
        names = names[:12]
    return {name: shorten(value[name]) for name in names}


def steady(text: str) -> str:
    """Return a text without what differs from run to run."""
    for pattern, word in STEADY.items():
        text = re.sub(pattern, word, text)
    return text


def route_of(path: str) -> str:
    """Return the route of a file."""
    return INDEX if path == path_of(INDEX) else "/" + path.rpartition(".")[0]


def is_family(document: AnyDocument) -> bool:
    """Whether its route has variables."""
    return isinstance(document, Family | Fixed) and "{" in document.route
