"""Nodes that declarations name and that are not declared, where nodes are: most often a misspelt name."""

from collections.abc import Collection, Iterator, Mapping
from functools import partial

from reconciler.errors import Problem
from reconciler.isolation import isolated
from reconciler.model.desired import Declared, DesiredState
from reconciler.model.key import Key
from reconciler.model.kind import Kinds
from reconciler.model.references import referred
from reconciler.text import quoted
from reconciler.yamlfile.validation import did_you_mean

NODE = "node"
_MORE_FIELDS: Mapping[str, tuple[str, ...]] = {
    "guest": ("node", "allowed_nodes"),
    "ha-rule": ("nodes",),
    "sdn-zone": ("exitnodes",),
}
"""Kind → its fields that name nodes without a reference: placement, some with a priority: `r630-01:2`."""


def unknown_nodes(desired: DesiredState, written: Collection[Key], kinds: Kinds) -> Iterator[Problem]:
    """Yield each declaration of a node that does not exist, of the sources whose nodes are declared.

    A node file of nothing but policies is not a list of the nodes.
    """
    known: dict[str, set[str]] = {
        source: {key.id for key in written if key[:2] == (source, NODE) and not _is_absent(desired, key)}
        for source, kind in desired.opted_in
        if kind == NODE
    }
    for key, each in desired.resources.items():
        nodes = known.get(key.source)
        if not nodes or each.absent or key.kind == NODE:
            continue
        for path, name in _referred_nodes(each, kinds):
            if name not in nodes:
                field = path.replace("/", ".")
                what = f"{key.id}{field}: no node {quoted(name)} is declared{did_you_mean(name, nodes)}"
                yield Problem(desired.position(key, path), what, "correct it, or declare the node too")


def _is_absent(desired: DesiredState, key: Key) -> bool:
    declared = desired.resources.get(key)
    return declared is not None and declared.absent


def _referred_nodes(declared: Declared, kinds: Kinds) -> Iterator[tuple[str, str]]:
    """Yield (pointer, node) of the nodes that a declaration names: in its fields, or in its id."""
    key, fields = declared.key, declared.fields
    kind = kinds[key.source][key.kind]
    for reference in kind.references:
        if reference.kind == NODE:
            for named in referred(fields, reference.path):
                yield f"/{reference.path[0]}", named
    for name in _MORE_FIELDS.get(key.kind, ()):
        value = fields.get(name)
        for node in value if isinstance(value, list) else [value]:
            if isinstance(node, str) and node:
                yield f"/{name}", node.partition(":")[0]
    if kind.host is not None:
        node = isolated(f"kind {key.source}/{key.kind}", partial(kind.host, key.id, {}))
        if isinstance(node, str):  # where it fails, what needs it while comparing reports that
            yield "", node
