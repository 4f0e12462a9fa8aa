"""How a finding is settled: the commands that set a resource back, or why there are none.

Nothing here is ever sent: commands are printed and published, and people run them.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, get_args

from pydantic import Field, JsonValue

from reconciler.model.pointer import member, parts_of
from reconciler.model.value import Row, Value

Effect = Literal[
    "at once",
    "grow only",
    "starts",
    "moves",
    "link drops",
    "replug",
    "restores",
    "waits",
    "stops",
    "restarts",
    "by hand",
]
"""The effect of a command on a running resource, from the least to the most that people should expect.

    at once     it takes effect at once, without an interruption
    grow only   a disk becomes larger, which cannot be undone
    starts      the guest starts
    moves       the guest moves to another node while it runs
    link drops  the network link of the guest goes down for a moment
    replug      the device is unplugged and plugged in again
    restores    the guest is made again from its newest backup
    waits       it takes effect when the guest is stopped and started
    stops       the guest is shut down
    restarts    the guest is shut down and started again
    by hand     no command is safe
"""
EFFECTS: tuple[Effect, ...] = get_args(Effect)
"""From the least to the most."""

CommandWords = tuple[str, ...]
"""One command as its words, which are quoted where they are shown."""


class Fix(Value):
    """How to restore the desired state of a resource. It is printed and published, never executed."""

    where: str | None = Field(None, description="Node on which to run the commands; null: any")
    commands: tuple[CommandWords, ...] = Field((), description="Commands in order, each as a list of words")
    effect: Effect = Field(description="Effect of the commands on a running resource")
    right: str | None = Field(
        None, description="Right that the commands need, such as VM.Config.Network on /vms/142"
    )
    by_hand: str | None = Field(
        None, description="If no command is safe: what to set where; may contain untrusted text"
    )
    why_not: str | None = Field(
        None, description="Why no command is shown: locked, stale, …; may contain untrusted text"
    )
    instead: tuple[CommandWords, ...] = Field(
        (), description="Alternative: declare the live value, or revert a pending change"
    )


def by_hand(text: str) -> Fix:
    """Return the fix of something that no command settles."""
    return Fix(effect="by hand", by_hand=text)


def why_not(text: str, instruction: str | None = None) -> Fix:
    """Return the fix of something for which no command may be shown now."""
    return Fix(effect="by hand", why_not=text, by_hand=instruction)


def strongest(effects: Iterable[Effect]) -> Effect:
    """Return the effect that people should expect of several."""
    return max(effects, key=EFFECTS.index, default="by hand")


def joined_fixes(fixes: Sequence[Fix]) -> Fix:
    """Return what several changes of one resource need, as one fix."""
    if len(fixes) == 1:
        return fixes[0]
    with_commands = [each for each in fixes if each.commands]
    return Fix(
        where=next((each.where for each in with_commands if each.where), None),
        commands=tuple(dict.fromkeys(command for each in fixes for command in each.commands)),
        effect=strongest(each.effect for each in with_commands or fixes),
        right=_together(each.right for each in fixes),
        by_hand=_together((each.by_hand for each in fixes), "; "),
        why_not=_together((each.why_not for each in fixes), "; "),
        instead=tuple(dict.fromkeys(command for each in fixes for command in each.instead)),
    )


def _together(texts: Iterable[str | None], between: str = ", ") -> str | None:
    return between.join(dict.fromkeys(filter(None, texts))) or None


RowsById = Callable[[str], Mapping[str, Row] | None]
"""Kind → the live rows of it in the same source by id; None where they are not all known."""


@dataclass(frozen=True, slots=True)
class WantedFields:
    """One resource, and the fields of it that have to be set to other values."""

    id: str
    row: Row
    """The live row, with its observed part."""
    changes: Mapping[str, JsonValue]
    """JSON pointer → the desired value; None: none, or the entry must not exist."""
    rows: RowsById
    version: str | None = None
    """Of the source."""

    @property
    def target(self) -> Row:
        """The row with all of its changes made."""
        row = self.row
        for path, value in self.changes.items():
            row = with_member(row, parts_of(path), value)
        return row

    @property
    def digest(self) -> str | None:
        """The digest of the configuration as it was read: a command that has it changes no other."""
        digest = self.row.get("digest")
        return str(digest) if digest else None

    def live(self, path: str) -> Any:
        """Return the live value at a path; None where there is none."""
        return member(self.row, parts_of(path))


def with_member(row: Mapping[str, Any], parts: tuple[str, ...], value: Any) -> dict[str, Any]:
    """Return a row with the member at a path set; None removes it."""
    name, *rest = parts
    others = {each: kept for each, kept in row.items() if each != name}
    if rest:
        inner = row.get(name)
        inner = with_member(inner if isinstance(inner, Mapping) else {}, tuple(rest), value)
        return {**others, name: inner}
    return others if value is None else {**others, name: value}


def _no_backup(_id: str, _rows: RowsById) -> Fix | None:
    return None


@dataclass(frozen=True, slots=True)
class KindFixes:
    """How findings about the resources of a kind are settled."""

    change: Callable[[WantedFields], Fix]
    """Sets fields of a live row."""
    activate: Callable[[WantedFields], Fix] | None = None
    """Makes changes active that wait, and reverts them `instead`; the desired values are those configured."""
    restore: Callable[[str, RowsById], Fix | None] = _no_backup
    """Makes a resource again that is missing, from its id; None where nothing is known to make it from."""
