"""Secrets that would reach another server than the one they belong to: a warning before that is merged.

A pull request cannot read the secrets of CI, but its configuration decides where the next run sends them.
"""

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from reconciler.config.secret import Secret
from reconciler.config.settings import SourceSettings
from reconciler.text import printable

_NAMES = frozenset({"username"})
"""Fields that may refer to the environment and hold no secret."""
_ADDRESS = ("hosts", "url")
_TRUST = ("ca_file", "fingerprint", "verify_tls")


class Doubt(NamedTuple):
    """A use of a secret that may be a mistake, or an attempt to get at it."""

    source: str
    field: str
    what: str
    remedy: str


def doubts(sources: Iterable[SourceSettings], base: Iterable[SourceSettings] = ()) -> Iterator[Doubt]:
    """Yield secrets that several sources use, and what has changed since `base` in where they are sent."""
    sources, before = list(sources), {source.name: source for source in base}
    owners: dict[str, str] = {}
    for source in before.values():
        for secret in _secrets(source).values():
            owners.setdefault(secret.variable, source.name)
    for source in sources:
        earlier = before.get(source.name)
        for field, secret in _secrets(source).items():
            owner = owners.setdefault(secret.variable, source.name)
            if owner != source.name:
                what = f"${{{secret.variable}}} is the secret of {owner}"
                what = f"{what}, and would be sent to {_address(source)}"
                yield Doubt(source.name, field, what, "give each source an account of its own")
        if earlier is not None and _secrets(source):
            yield from _changes(source, earlier)


def _changes(source: SourceSettings, earlier: SourceSettings) -> Iterator[Doubt]:
    """Yield what decides who gets the secrets of a source, and has changed."""
    for field in (*_ADDRESS, *_TRUST):
        now, then = getattr(source, field, None), getattr(earlier, field, None)
        if now == then:
            continue
        if field in _ADDRESS:
            what = f"was {_address(earlier)}: its secrets would be sent to {_address(source)}"
        else:
            what = "has changed, and with it which server is trusted with its secrets"
        yield Doubt(source.name, field, what, "merge it only if you know that server")


def _secrets(source: SourceSettings) -> dict[str, Secret]:
    values = {name: getattr(source, name) for name in type(source).model_fields if name not in _NAMES}
    return {name: value for name, value in values.items() if isinstance(value, Secret)}


def _address(source: SourceSettings) -> str:
    found = next((value for field in _ADDRESS if (value := getattr(source, field, None)) is not None), "")
    return printable(found if isinstance(found, str) else ", ".join(map(str, found)))
