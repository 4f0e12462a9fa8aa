"""The resource that a place of a desired-state file declares."""

from collections.abc import Mapping

from pydantic import ValidationError

from reconciler.desired.load import identities
from reconciler.model.key import Key
from reconciler.model.kind import Kinds
from reconciler.yamlfile.tree import YamlError, parse_yaml


def key_at(place: str, tree: Mapping[str, bytes], directory: str, kinds: Kinds) -> Key | None:
    """Return the resource that `file:line` or `file:line:column` is in; None where there is none."""
    path, _, numbers = place.removeprefix(f"{directory}/").partition(".yaml:")
    path, line = f"{path}.yaml", numbers.partition(":")[0]
    if path not in tree or not line.isdecimal():
        return None
    source, kind = path.removesuffix(".yaml").split("/")[:2]
    try:
        parsed = parse_yaml(tree[path], path)
    except YamlError:
        return None
    lines = (int(each.rpartition(":")[2]) for each in parsed.entry_places())
    above = [name for name, first in zip(parsed.value or (), lines, strict=True) if first <= int(line)]
    if not above:
        return None
    try:
        (identity,) = identities(kinds[source][kind].identity)[1].validate_python({above[-1]: None})
    except ValidationError:
        return None
    return Key(source, kind, identity)
