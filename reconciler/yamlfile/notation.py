"""Values as YAML text that every tool reads alike.

Text is quoted wherever a YAML tool could take it for something else (`no`, `010`, `1e3`), and unprintable
characters are escaped: names and descriptions of guests are untrusted.
"""

import json
import re
from collections.abc import Iterator
from functools import lru_cache
from typing import Any

import yaml

WIDTH = 110
_LONGEST_NUMBER = 64
"""The longest text that is parsed as a number; a longer one is quoted if it begins like a number."""
_LONGEST_KEY = 900  # libyaml searches 1,024 characters ahead for the ':' of a key
_PLAIN = re.compile(r"[\w/.](?:[\w/.+@=-]|[ ](?=[\w/.])|:(?=[\w/.]))*")
_NUMBER = re.compile(r"[-+]?(?:0o?[0-7_]+|0x[0-9a-fA-F_]+|[0-9_]*\.?[0-9_]*(?:[eE][-+]?[0-9]+)?)")
_INTEGER = re.compile(r"0|[1-9][0-9]{0,17}")
_OTHER = frozenset({"y", "n", "Y", "N"})
_STRING = "tag:yaml.org,2002:str"
_resolver: Any = yaml.resolver.Resolver()


def entry(key: str, value: Any, indent: int = 0, step: int = 2) -> Iterator[str]:
    """Yield the lines of one key with its value: one line if that fits, else a block."""
    pad = " " * indent
    start = f"{pad}{_key(key)}:"
    if len(start) > _LONGEST_KEY:
        yield f"{pad}? {_key(key)}"
        start = f"{pad}:"
    line = f"{start} {flow(value)}"
    if not (isinstance(value, (dict, list)) and value) or (indent and len(line) <= WIDTH):
        yield line
        return
    yield start
    if isinstance(value, list):
        yield from (f"{pad}  - {flow(item)}" for item in value)
        return
    for name, each in value.items():
        yield from entry(name, each, indent + step, step)


def flow(value: Any) -> str:
    """Return a value on one line."""
    if isinstance(value, dict):
        return "{" + ", ".join(flow_entry(name, each) for name, each in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(flow, value)) + "]"
    return _scalar(value) if isinstance(value, str) else json.dumps(value)


def flow_entry(name: str, value: Any) -> str:
    """Return a key with its value, as between braces."""
    return f"{_flow_key(name)}: {flow(value)}"


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
