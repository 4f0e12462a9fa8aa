"""Secrets without their values: whether there is one, and that it changed.

A secret is one of four values, whatever holds it: null (it is not shown), `none` (there is no secret), `set`
(there is one, and no key to fingerprint it with, or the API masks it), or its fingerprint: `<key id>:<half of
an HMAC-SHA-256>` (RFC 2104), made with the site's `fingerprint_key`. The place of the secret is signed with
it, so that one passphrase in two places has two fingerprints. Only those with one key id can be compared;
while a key is replaced, a live secret also has the fingerprint that the previous key makes.
"""

import hashlib
import hmac
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Annotated, Final

from pydantic import AfterValidator, Field, InstanceOf, JsonValue

NONE: Final = "none"
"""There is no secret."""
SET: Final = "set"
"""There is a secret, and no fingerprint of it."""

_FINGERPRINT = r"[0-9a-f]{8}:[0-9a-f]{32}"
_PRINTED = re.compile(rf"{_FINGERPRINT}(?: {_FINGERPRINT})?")
_WITHIN = re.compile(rf"(?<![0-9a-f]){_FINGERPRINT}(?: {_FINGERPRINT})?(?![0-9a-f])")
_SHAPE = re.compile(rf"{NONE}|{SET}|{_FINGERPRINT}(?: {_FINGERPRINT})?")


class _Mark:
    """Marks a field in `Annotated` as a secret; see `Kind.secrets`."""


FINGERPRINT: Final = _Mark()


def _secret(text: str) -> str:
    if text != NONE and _SHAPE.fullmatch(text) is None:
        message = "is not none, set or a fingerprint (8 hex digits, a colon, 32 hex digits)"
        raise ValueError(message)
    return text


_Text = Annotated[str, AfterValidator(_secret)]

SecretFingerprint = Annotated[
    _Text | None,
    FINGERPRINT,
    Field(description="Secret: none, set or its keyed fingerprint; null if the source does not show it"),
]
"""A field that stands for a secret."""

SecretFingerprints = Annotated[
    tuple[_Text, ...],
    FINGERPRINT,
    AfterValidator(lambda secrets: secrets and tuple(sorted(secrets))),
    Field(description="Secrets: set or the keyed fingerprint of each; order does not matter"),
]
"""A field that stands for a set of secrets, whose number needs no key to be compared."""


class SecretFingerprinter:
    """Makes fingerprints with one key, which no text form of it shows; with a previous key, also its own."""

    def __init__(self, key: str, previous: str | None = None) -> None:
        keys = [hashlib.sha256(each.encode()).digest() for each in (key, previous) if each is not None]
        self._keys = {hmac.digest(each, b"key id", "sha256").hex()[:8]: each for each in keys}
        self.key_id = next(iter(self._keys))
        self.key_ids = frozenset(self._keys)

    def fingerprint(self, place: str, value: str) -> str:
        """Return the fingerprint of a value at a place; those of both keys where there is a previous one."""
        signed = f"{len(place)}:{place}{value}".encode("utf-8", "surrogatepass")
        return " ".join(
            f"{key_id}:{hmac.digest(key, signed, 'sha256').hex()[:32]}" for key_id, key in self._keys.items()
        )

    def __repr__(self) -> str:
        return f"SecretFingerprinter({self.key_id})"


@dataclass(frozen=True, slots=True)
class RowFingerprinter:
    """Makes fingerprints of the values of one row."""

    place: str = ""
    """The kind and id of the row."""
    fingerprinter: SecretFingerprinter | None = None

    def fingerprint(self, path: str, value: str) -> str | None:
        """Return the fingerprint of a value at a JSON pointer of the row; None without `fingerprint_key`."""
        if self.fingerprinter is None:
            return None
        return self.fingerprinter.fingerprint(f"{self.place}{path}", value)

    def secret(self, path: str, value: str) -> str:
        """Return a value at a JSON pointer of the row as a secret: `none` where it is empty."""
        return secret_of(self.fingerprint(path, value)) if value else NONE


@dataclass(frozen=True, slots=True, kw_only=True)
class RowContext:
    """The part of every context in which rows are read that a run adds to it."""

    fingerprints: InstanceOf[RowFingerprinter] = RowFingerprinter()


def secret_of(fingerprint: str | None) -> str:
    """Return a secret in its place: its fingerprint, or `set`."""
    return fingerprint or SET


def current(secret: str) -> str:
    """Return a secret without the fingerprint of the previous key: the form to declare."""
    return secret.partition(" ")[0]


def folded(fingerprints: Iterable[str]) -> str:
    """Return one secret in place of several, whose order does not matter."""
    marks = list(fingerprints)
    if len(marks) == 1:
        return marks[0]
    if SET in marks:
        return SET
    by_key: dict[str, list[str]] = {}
    for mark in marks:
        for key_id, mac in _by_key(mark).items():
            by_key.setdefault(key_id, []).append(f"{key_id}:{mac}")
    return " ".join(f"{key_id}:{_digest(each)}" for key_id, each in by_key.items())


def _digest(marks: list[str]) -> str:
    return hashlib.sha256("\n".join(sorted(marks)).encode()).hexdigest()[:32]


def same_secret(one: object, other: object) -> bool | None:
    """Return whether two secrets, or two sets of them, are the same; None where that is not known.

    `set` is the same as any fingerprint. `none` is never the same as a secret. Fingerprints of two keys
    cannot be compared, and neither can a secret that is not shown.
    """
    if isinstance(one, list | tuple) and isinstance(other, list | tuple):
        return _same_set([str(each) for each in one], [str(each) for each in other])
    if not isinstance(one, str) or not isinstance(other, str):
        return None
    if one == other:
        return True
    if NONE in {one, other}:
        return False
    if SET in {one, other}:
        return True
    mine, theirs = _by_key(one), _by_key(other)
    shared = mine.keys() & theirs.keys()
    return mine[min(shared)] == theirs[min(shared)] if shared else None


def _same_set(one: list[str], other: list[str]) -> bool | None:
    if len(one) != len(other):
        return False
    if SET in one or SET in other or not one:
        return True
    return same_secret(folded(one), folded(other))


def key_ids(value: object) -> frozenset[str]:
    """Return the ids of the keys that made the fingerprints at any depth of a JSON value."""
    if isinstance(value, str):
        return frozenset(_by_key(value)) if _PRINTED.fullmatch(value) else frozenset()
    inner = value.values() if isinstance(value, Mapping) else value if isinstance(value, list | tuple) else ()
    return frozenset().union(*map(key_ids, inner))


def without_fingerprints(value: JsonValue) -> JsonValue:
    """Return a JSON value with `set` in place of every fingerprint, also within texts."""
    if isinstance(value, str):
        return _WITHIN.sub(SET, value)
    if isinstance(value, dict):
        return {name: without_fingerprints(each) for name, each in value.items()}
    return [without_fingerprints(each) for each in value] if isinstance(value, list) else value


def _by_key(fingerprint: str) -> dict[str, str]:
    parts = (part.partition(":") for part in fingerprint.split(" "))
    return {key_id: mac for key_id, _, mac in parts}
