"""Write live resources as desired state: YAML that loads back to the same declared fields.

Fields at their defaults are left out, and so are fields that cannot be declared. Text is quoted wherever a
YAML tool could take it for something else (`no`, `010`, `1e3`), and unprintable characters are escaped: names
and descriptions of guests are untrusted.
"""

import json
import re
from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Any

import yaml
from pydantic import BaseModel

from reconciler.desired.load import SUFFIX, declarable
from reconciler.model.defaults import default
from reconciler.model.key import Key
from reconciler.model.kind import AnyKind, Kinds
from reconciler.model.naming import layered
from reconciler.model.value import Row
from reconciler.text import natural
from reconciler.yamlfile.syntax import MAX_BYTES
from reconciler.yamlfile.validation import field_types, member_type, unwrap

WIDTH = 110
_FILE_BYTES = MAX_BYTES * 3 // 4
"""The size at which a kind continues in another file: it leaves room to grow below the limit for reading."""
_LONGEST_NUMBER = 64
"""The longest text that is parsed as a number; a longer one is quoted if it begins like a number."""
_LONGEST_KEY = 900  # libyaml searches 1,024 characters ahead for the ':' of a key
_PLAIN = re.compile(r"[\w/.](?:[\w/.+@=-]|[ ](?=[\w/.])|:(?=[\w/.]))*")
_NUMBER = re.compile(r"[-+]?(?:0o?[0-7_]+|0x[0-9a-fA-F_]+|[0-9_]*\.?[0-9_]*(?:[eE][-+]?[0-9]+)?)")
_INTEGER = re.compile(r"0|[1-9][0-9]{0,17}")
_OTHER = frozenset({"y", "n", "Y", "N"})
_STRING = "tag:yaml.org,2002:str"
_resolver: Any = yaml.resolver.Resolver()


def adopt(rows: Mapping[Key, Row], kinds: Kinds) -> dict[str, str]:
    """Return live rows as desired-state files: path below the desired-state folder → text.

    One file per kind, `<source>/<kind>.yaml`; a kind too large for one file is split into
    `<source>/<kind>/001.yaml` and so on. Resources that cannot be declared are left out.
    """
    groups: dict[tuple[str, str], list[Key]] = {}
    for key in sorted(rows, key=lambda key: (key.source, key.kind, natural(key.id), key.id)):
        kind = kinds.get(key.source, {}).get(key.kind)
        if kind is not None and declarable(kind):
            groups.setdefault((key.source, key.kind), []).append(key)
    files: dict[str, str] = {}
    for (source, name), keys in groups.items():
        kind = kinds[source][name]
        chunks = list(_chunks([resource(key.id, rows[key], kind) for key in keys]))
        for number, chunk in enumerate(chunks, start=1):
            stem = f"{source}/{name}" if len(chunks) == 1 else f"{source}/{name}/{number:03}"
            files[f"{stem}{SUFFIX}"] = _header(len(chunk), source, kind) + "".join(chunk)
    return files


def stream(files: Mapping[str, str], directory: str) -> str:
    """Return files as one text for a terminal or a pipe, each below a line that names it."""
    return "\n".join(f"# ---- {directory}/{path} ----\n{text}" for path, text in files.items())


def resource(identity: str, row: Row, kind: AnyKind) -> str:
    """Return one resource as the lines of a desired-state file."""
    closed = kind.not_config | kind.not_adopted | kind.fingerprints | {"unmodelled", "pending"}
    config = {name: value for name, value in row.items() if name not in closed}
    reduced = _reduced(config, kind.model, layered(kind.defaults(row), kind.of_id(identity, row)))
    return "".join(f"{line}\n" for line in _entry(identity, reduced, 0))


def _header(count: int, source: str, kind: AnyKind) -> str:
    what = kind.name if count == 1 else kind.plural
    return (
        f"# {count} {what} of {source}, as read from the API. Fields at their defaults are left out and are\n"
        "# not compared: add any of them that you want enforced.\n"
    )


def _chunks(texts: list[str]) -> Iterator[list[str]]:
    chunk: list[str] = []
    size = 0
    for text in texts:
        length = len(text.encode())
        if chunk and size + length > _FILE_BYTES:
            yield chunk
            chunk, size = [], 0
        chunk.append(text)
        size += length
    yield chunk


def _reduced(value: Any, shape: Any, defaults: Any) -> Any:
    """Return a JSON value without the fields at their defaults: those of the model, or those given."""
    shape = unwrap(shape)
    if isinstance(value, (list, tuple)):
        return [_reduced(item, member_type(shape, index), {}) for index, item in enumerate(value)]
    if not isinstance(value, dict):
        return value
    inner = defaults if isinstance(defaults, dict) else {}
    known = field_types(shape)
    if known is None:
        names = sorted(value, key=lambda name: (natural(name), name))
        present = (name for name in names if value[name] is not None)
        return {name: _reduced(value[name], member_type(shape, name), inner.get(name)) for name in present}
    model: type[BaseModel] = shape
    written = (name for name in known if value.get(name) is not None)
    reduced = {
        name: _reduced(value[name], known[name], inner.get(name))
        for name in written
        if value[name] != (default(model, name) if inner.get(name) is None else inner[name])
    }
    return {
        name: each for name, each in reduced.items() if each != {} or not isinstance(inner.get(name), dict)
    }


def _entry(key: str, value: Any, indent: int) -> Iterator[str]:
    """Yield the lines of one key with its value: one line if that fits, else a block."""
    pad = " " * indent
    start = f"{pad}{_key(key)}:"
    if len(start) > _LONGEST_KEY:
        yield f"{pad}? {_key(key)}"
        start = f"{pad}:"
    flow = f"{start} {_flow(value)}"
    if not (isinstance(value, (dict, list)) and value) or (indent and len(flow) <= WIDTH):
        yield flow
        return
    yield start
    if isinstance(value, list):
        yield from (f"{pad}  - {_flow(item)}" for item in value)
        return
    for name, entry in value.items():
        yield from _entry(name, entry, indent + 2)


def _flow(value: Any) -> str:
    """Return a value on one line."""
    if isinstance(value, dict):
        return "{" + ", ".join(f"{_flow_key(name)}: {_flow(entry)}" for name, entry in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(_flow, value)) + "]"
    return _scalar(value) if isinstance(value, str) else json.dumps(value)


def _key(text: str) -> str:
    return text if _INTEGER.fullmatch(text) else _scalar(text)  # the same digits for every tool


def _flow_key(text: str) -> str:
    key = _key(text)
    return key if len(key) <= _LONGEST_KEY else f"? {key} "


@lru_cache(maxsize=65536)
def _scalar(text: str) -> str:
    """Return text so that every YAML tool reads it as this text, in double quotes if it needs escapes."""
    if not text.isprintable():
        return f'"{"".join(map(_escaped, text))}"'
    if _PLAIN.fullmatch(text) and not _ambiguous(text):
        return text
    return "'" + text.replace("'", "''") + "'"


def _ambiguous(text: str) -> bool:
    """Return whether YAML 1.1 or 1.2 takes it for a number, a flag, a date, null or the end of a document."""
    if len(text) > _LONGEST_NUMBER:
        return text[0] in "+-._0123456789"
    if _NUMBER.fullmatch(text) or text in _OTHER or text.startswith("..."):
        return True
    tag: str = _resolver.resolve(yaml.ScalarNode, text, (True, False))
    return tag != _STRING


def _escaped(char: str) -> str:
    code = ord(char)
    if char in '"\\':
        return f"\\{char}"
    if char.isprintable():
        return char
    if 0xD800 <= code <= 0xDFFF:
        return "\\uFFFD"  # half a character: nothing can hold it
    return f"\\x{code:02X}" if code < 0x100 else f"\\u{code:04X}" if code < 0x10000 else f"\\U{code:08X}"
