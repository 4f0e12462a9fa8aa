"""The outcome of every key's changes, counted by system and list."""

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from itertools import chain
from typing import Literal

from tests.blind_spots import npm, proxmox, unifi, unifi_integration
from tests.blind_spots.probe import Tried, try_all

SYSTEMS = {
    "proxmox": proxmox.places,
    "unifi": lambda: chain(unifi.places(), unifi_integration.places()),
    "npm": npm.places,
}
Outcome = Literal["drift", "event", "observed", "ignored", "constant", "name", "unseen"]
MEANING: dict[Outcome, str] = {
    "drift": "exactly one cause at its field",
    "event": "recorded, not adopted, or read by no model: an event",
    "observed": "published: of class observed, metric or derived",
    "ignored": "in ignored_fields.yaml with its reason",
    "constant": "has one value, which is its default",
    "name": "of a status answer, known by name alone",
    "unseen": "nothing shows the change",
}


@dataclass(frozen=True)
class KeyOfList:
    """A key of a list of one version of an API, and what it showed in each form of a row."""

    system: str
    endpoint: str
    version: str
    name: str
    tried: tuple[Tried, ...]

    @property
    def outcome(self) -> Outcome:
        """The outcome of its changes: the most that any form of a row has."""
        shown = {each for one in self.tried for each in one.shown}
        if "cause" in shown:
            return "drift"
        if "event" in shown:
            return "event"
        if "observed" in shown:
            return "observed"
        return self._of_silence()

    def _of_silence(self) -> Outcome:
        first = self.tried[0]
        if first.reason is not None:
            return "ignored"
        if first.is_constant:
            return "constant"
        return "name" if first.place.status else "unseen"

    @property
    def label(self) -> str:
        """The key in a message."""
        return f"{self.system} {self.version} {self.endpoint} {self.name}"


@cache
def keys_of(system: str) -> tuple[KeyOfList, ...]:
    """Try every key of a system; once."""
    groups: dict[tuple[str, str, str], list[Tried]] = {}
    for one in try_all(SYSTEMS[system]()):
        groups.setdefault((one.place.list, one.place.version, one.key.name), []).append(one)
    return tuple(
        KeyOfList(system, endpoint, version, name, tuple(tried))
        for (endpoint, version, name), tried in groups.items()
    )


def counts(keys: Iterable[KeyOfList]) -> Iterator[tuple[str, Counter[Outcome]]]:
    """Yield each list with the number of its keys by outcome, and the sum of all."""
    lists: dict[str, Counter[Outcome]] = {}
    for key in keys:
        lists.setdefault(f"{key.system} {key.version} {key.endpoint}", Counter())[key.outcome] += 1
    yield from lists.items()
    yield "in all", sum(lists.values(), Counter())
