"""Commands about accounts as words: pveum(1). Names of accounts are untrusted; only plain ones pass."""

import re

from reconciler.collectors.proxmox.commands import UnsafeValueError, name, word
from reconciler.model.value import parse_timestamp
from reconciler.text import shown

_ACCOUNT = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.+-]*@[A-Za-z][A-Za-z0-9._-]*")
_PATH = re.compile(r"/(?:[A-Za-z0-9_][A-Za-z0-9_.:@+-]*(?:/[A-Za-z0-9_][A-Za-z0-9_.:@+-]*)*)?")


def account(text: str) -> str:
    """Return an account as a word; raises `UnsafeValueError` for one that is not plain."""
    return _plain(text, _ACCOUNT)


def token(text: str) -> tuple[str, str]:
    """Return the account and the name of a token as words; raises `UnsafeValueError` as `account` does."""
    user, _, own = text.partition("!")
    return account(user), name(own)


def tree_path(text: str) -> str:
    """Return a path of permissions as a word; raises `UnsafeValueError` for one that is not plain."""
    return _plain(text, _PATH)


def subject(text: str) -> tuple[str, str]:
    """Return the option and the word that name who an access rule is for: a token, a user or a group."""
    if "!" in text:
        return "--tokens", "!".join(token(text))
    return ("--users", account(text)) if "@" in text else ("--groups", name(text))


def option(field: str, value: object) -> str:
    """Return a field of an account as an option takes it; raises `UnsafeValueError` where none is certain."""
    if field == "expires":
        return str(int(parse_timestamp(str(value)).timestamp())) if value else "0"
    if value is None or value in ([], ()):
        message = f"no safe command can clear {field}"
        raise UnsafeValueError(message)
    return word(value)


def _plain(text: str, form: re.Pattern[str]) -> str:
    if not form.fullmatch(text):
        message = f"{shown(text)} cannot be written as a command argument"
        raise UnsafeValueError(message)
    return text
