"""Raw lines of a configuration that Proxmox VE hands on as they are: `lxc.mount.entry: …`, `post-up …`.

A line that holds a secret is shown without it; its value is then known only by its fingerprint.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from reconciler.collectors.http.redaction import secret
from reconciler.model.pointer import pointer

_HIDDEN = "(not shown)"
_ENVIRONMENT = "lxc.environment"


@dataclass(frozen=True, slots=True)
class RawLines:
    """The raw lines of one key."""

    shown: tuple[str, ...]
    hidden: Mapping[str, str]
    """JSON pointer → the secret that a line holds."""


def of_container(given: Any) -> RawLines:
    """Return the raw lines of a container, which the API has as pairs; raises `ValueError` for others."""
    if not isinstance(given, list) or not all(isinstance(pair, list) and len(pair) == 2 for pair in given):
        message = "lxc: is not a list of pairs"
        raise ValueError(message)
    return _lines("lxc", [(str(name), ": ", str(value)) for name, value in given])


def of_interface(key: str, given: Any) -> RawLines:
    """Return the raw lines of an interface, which the API has as text."""
    texts = given if isinstance(given, list) else str(given or "").splitlines()
    return _lines(key, [str(text).strip().partition(" ") for text in texts if str(text).strip()])


def _lines(key: str, lines: Iterable[tuple[str, str, str]]) -> RawLines:
    shown: list[str] = []
    hidden: dict[str, str] = {}
    for name, between, value in lines:
        label, _, inner = value.partition("=") if name.startswith(_ENVIRONMENT) else ("", "", value)
        if label or secret(name):
            at = pointer(key, name, *([label] if label else []))
            hidden[at] = f"{hidden[at]}\n{inner}" if at in hidden else inner
            shown.append(f"{name}{between}{label}{'=' if label else ''}{_HIDDEN}")
        else:
            shown.append(f"{name}{between}{value}".strip())
    return RawLines(tuple(shown), hidden)
