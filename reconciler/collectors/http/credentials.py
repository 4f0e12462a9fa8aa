"""Credentials that people write into addresses, `https://user:word@host/?token=word`: in no answer.

The user and the query of an address are replaced where an answer is parsed, so that nothing behind it can
leak them. Under the keys of hosts, an address needs no scheme. Where a secret is read as such, its whole text
is left in place: only a fingerprint of it is kept.
"""

import re
from collections.abc import Mapping
from functools import lru_cache
from operator import is_
from typing import Any

from reconciler.collectors.http.redaction import secret

_HOSTS = re.compile(
    r"(?:fwd|host|hostname|monhost|portal|server2?|destination_ip|forward_domain_name|\w*forward(?:ing)?_host"
    r"|\w+_server_?\d*|\w+_upstream|dhcpd_\w+)"
)
_PATHS = frozenset({"forward_path", "npmplus_directory"})
_WITHHELD = frozenset(
    "args env entrypoint http_proxy lxc notes-template"
    " advanced_config npmplus_advanced_config npmplus_location_config".split()
)
"""Keys of texts that are fingerprinted as a whole."""

_USER = re.compile(r"(?<=://)[^\s/?#'\"<>]*@")
_QUERY = re.compile(r"(://[^\s?#'\"<>]*)[?#][^\s'\"<>]+")
_USER_OF_HOST = re.compile(r"[^\s,;/?#]*@")
_QUERY_OF_HOST = re.compile(r"[?#][^\s,;]+")
_TEXTS = (str, list, dict)
_STARS = "***"


class WithoutCredentials(str):
    """A text without the credentials in it; `whole` has them, for nothing but a fingerprint."""

    __slots__ = ("whole",)

    whole: str


def without_credentials(content: bytes, value: Any) -> Any:
    """Return the value of an answer without the credentials in its texts; `content` is the answer's text."""
    return _walk(value, "") if any(mark in content for mark in (b"://", b"@", b"?", b"#")) else value


def _walk(value: Any, key: str) -> Any:
    """Return a value without credentials: the same object, unless there are some."""
    if isinstance(value, str):
        marked = "://" in value or "@" in value or "?" in value or "#" in value
        return _without(value, key) if marked else value
    if isinstance(value, list):
        items = [_walk(item, key) for item in value]
        return value if all(map(is_, items, value)) else items
    if isinstance(value, dict):
        found = {name: _member(value, name, item) for name, item in value.items() if item.__class__ in _TEXTS}
        changed = {name: item for name, item in found.items() if item is not value[name]}
        return {**value, **changed} if changed else value
    return value


def _member(row: Mapping[str, Any], key: str, value: Any) -> Any:
    found = _walk(value, _name(row, key))
    return value if found is value or _is_withheld(_name(row, key)) else found


@lru_cache(maxsize=4096)
def _is_withheld(key: str) -> bool:
    """Return whether the whole text under a key is a secret, of which only a fingerprint is kept."""
    return key in _WITHHELD or secret(key)


def _name(row: Mapping[str, Any], key: str) -> str:
    """Return the name of a value; of a row `{key: …, value: …}`, as pending configuration is, its key."""
    named = row.get("key") if key in {"value", "pending"} else None
    return named if isinstance(named, str) else key


def _without(text: str, key: str) -> str:
    shown = text
    if "://" in text:
        shown = _QUERY.sub(rf"\1?{_STARS}", _USER.sub(f"{_STARS}@", text))
    elif key in _PATHS:
        shown = _QUERY_OF_HOST.sub(f"?{_STARS}", text)
    elif _HOSTS.fullmatch(key):
        shown = _QUERY_OF_HOST.sub(f"?{_STARS}", _USER_OF_HOST.sub(f"{_STARS}@", text))
    if shown == text:
        return text
    found = WithoutCredentials(shown)
    found.whole = text
    return found
