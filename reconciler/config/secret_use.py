"""Secrets that would reach another server than the one they belong to: a warning before that is merged.

A pull request cannot read the secrets of CI, but its configuration decides where the next run sends them.
"""

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from reconciler.config.alarms import SinkSettings
from reconciler.config.gitea import GiteaSettings
from reconciler.config.secret import Secret
from reconciler.config.settings import SourceSettings
from reconciler.text import printable

_NAMES = frozenset({"username"})
"""Fields that may refer to the environment and hold no secret."""
_ADDRESS = ("hosts", "url", "host", "repository")
_TRUST = ("ca_file", "fingerprint", "verify_tls", "security")


Sender = SourceSettings | SinkSettings | GiteaSettings
"""An entry of the configuration that sends secrets to a server."""


class Doubt(NamedTuple):
    """A use of a secret that may be a mistake, or an attempt to get at it."""

    sender: Sender
    field: str
    what: str
    remedy: str


def doubts(senders: Iterable[Sender], base: Iterable[Sender] = ()) -> Iterator[Doubt]:
    """Yield secrets that several entries use, and what has changed since `base` in where they are sent."""
    senders, before = list(senders), {_identity(sender): sender for sender in base}
    owners: dict[str, Sender] = {}
    for sender in before.values():
        for secret in _secrets(sender).values():
            owners.setdefault(secret.variable, sender)
    for sender in senders:
        earlier = before.get(_identity(sender))
        for field, secret in _secrets(sender).items():
            owner = owners.setdefault(secret.variable, sender)
            if _identity(owner) != _identity(sender):
                what = f"${{{secret.variable}}} is the secret of {_identity(owner)[1]}"
                what = f"{what}, and would be sent to {_address(sender)}"
                yield Doubt(sender, field, what, "give each one an account of its own")
        if earlier is not None and _secrets(sender):
            yield from _changes(sender, earlier)


def _identity(sender: Sender) -> tuple[str, str]:
    """A source and a sink may have the same name; there is one code host."""
    if isinstance(sender, GiteaSettings):
        return "gitea", "the code host"
    return "source" if isinstance(sender, SourceSettings) else "alarm", sender.name


def _changes(sender: Sender, earlier: Sender) -> Iterator[Doubt]:
    """Yield what decides who gets the secrets of an entry, and has changed."""
    for field in (each for each in (*_ADDRESS, *_TRUST) if each in type(sender).model_fields):
        now, then = getattr(sender, field, None), getattr(earlier, field, None)
        if now == then:
            continue
        if field in _ADDRESS:
            what = f"was {_address(earlier)}: its secrets would be sent to {_address(sender)}"
        else:
            what = "has changed, and with it which server is trusted with its secrets"
        yield Doubt(sender, field, what, "merge it only if you know that server")


def _secrets(sender: Sender) -> dict[str, Secret]:
    values = {name: getattr(sender, name) for name in type(sender).model_fields if name not in _NAMES}
    return {name: value for name, value in values.items() if isinstance(value, Secret)}


def _address(sender: Sender) -> str:
    if isinstance(sender, GiteaSettings) and sender.repository is None:
        return "the server whose workflow runs"
    found = next((value for field in _ADDRESS if (value := getattr(sender, field, None)) is not None), "")
    if isinstance(found, Secret):
        return f"the address in ${{{found.variable}}}"
    return printable(found if isinstance(found, str) else ", ".join(map(str, found)))
