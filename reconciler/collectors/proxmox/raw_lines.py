"""Raw lines of a configuration that Proxmox VE hands on as they are: `lxc.mount.entry: …`, `mtu 9000`.

People write secrets into commands and environments, so of such lines only fingerprints are kept.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from reconciler.collectors.http.redaction import secret

_HIDDEN = ("lxc.environment", "lxc.hook")
_COMMANDS = frozenset("pre-up up post-up pre-down down post-down".split())


@dataclass(frozen=True, slots=True)
class RawLines:
    """The raw lines of one key, in their order."""

    shown: tuple[str, ...]
    hidden: tuple[str, ...]
    """Lines that may hold a secret."""


def of_container(given: Any) -> RawLines:
    """Return the raw lines of a container, which the API has as pairs; raises `ValueError` for others."""
    if not isinstance(given, list) or not all(isinstance(pair, list) and len(pair) == 2 for pair in given):
        message = "lxc: is not a list of pairs"
        raise ValueError(message)
    return _raw_lines((str(name), f"{name}: {value}") for name, value in given)


def of_interface(given: Any) -> RawLines:
    """Return the raw lines of an interface, which the API has as text."""
    texts = given if isinstance(given, list) else str(given or "").splitlines()
    lines = [line for text in texts if (line := str(text).strip())]
    return _raw_lines((line.split()[0], line) for line in lines)


def _raw_lines(lines: Iterable[tuple[str, str]]) -> RawLines:
    shown: list[str] = []
    hidden: list[str] = []
    for name, line in lines:
        hides = name in _COMMANDS or name.startswith(_HIDDEN) or secret(name)
        (hidden if hides else shown).append(line.strip())
    return RawLines(tuple(shown), tuple(hidden))
