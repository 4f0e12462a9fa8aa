"""How findings are settled, as text that is read and pasted: every line but a command is a comment.

Text of the site and of the desired state cannot leave its comment, and every word of a command is quoted.
"""

import json
import shlex
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from reconciler.config.severity import SEVERITIES
from reconciler.model.findings import Finding
from reconciler.model.fix import CommandWords, Effect, Fix
from reconciler.model.snapshot import Run
from reconciler.model.value import Row, Value, timestamp
from reconciler.report.escape import escape_terminal
from reconciler.text import counted

_LONGEST = 500
_VALUE = 60


@dataclass(frozen=True, slots=True)
class Settled:
    """Some findings about one resource, how they are settled together, and what is settled with them."""

    findings: tuple[Finding, ...]
    fix: Fix
    consequences: tuple[Finding, ...] = ()


def own_consequences(findings: Sequence[Finding], after: Iterable[Finding]) -> tuple[Finding, ...]:
    """Return what follows from findings in other fields of their resource: it is set back with them."""
    key = findings[0].key
    return tuple(each for each in after if each.key == key and each.change is not None)


class SettledFinding(Value):
    """One finding and how it is settled: an entry of `reconciler fix --json`.

    Findings about fields of one resource have one fix, which settles all of them.
    """

    id: str
    key: str
    path: str
    fix: Fix


def in_order(findings: Iterable[Finding]) -> list[Finding]:
    """Return findings with the worst first; those of one severity keep their order."""
    return sorted(findings, key=lambda finding: -SEVERITIES.index(finding.severity))


def to_text(entries: Sequence[Settled], run: Run) -> str:
    """Return a block for each resource: comments, and the commands between them."""
    if not entries:
        return "nothing to fix\n"
    return "\n".join("".join(f"{line}\n" for line in _block(each)) for each in entries) + _end(entries, run)


def to_shell(entries: Sequence[Settled], run: Run) -> str:
    """Return a script; each command has to run on the node that the comment above it names."""
    head = [
        "#!/bin/sh",
        _comment(f"Review before you run: commands that resolve {_count(entries)} of {run.site}."),
        _comment(f"From run {run.id} of {timestamp(run.collected_at)}. Nothing has been executed."),
        _comment("A command runs on the node that the line above it names."),
    ]
    blocks = ("".join(f"{line}\n" for line in _block(each)) for each in entries)
    return "\n".join(["".join(f"{line}\n" for line in head), *blocks])


def to_rows(entries: Iterable[SettledFinding]) -> list[Row]:
    """Return the JSON form: a list of findings, each with its fix."""
    return [entry.model_dump(mode="json") for entry in entries]


def command_line(words: CommandWords) -> str:
    """Return a command as it is pasted into a shell."""
    return shlex.join(words)


def _block(entry: Settled) -> Iterator[str]:
    for finding in entry.findings:
        yield _comment(_sentence(finding))
    for other in entry.consequences:
        yield _comment(f"  settles with it: {other.key} {other.path or other.type}")
    fix = entry.fix
    if fix.why_not:
        yield _comment(f"no command: {fix.why_not}")
    if fix.by_hand:
        yield _comment(f"by hand: {fix.by_hand}")
    if fix.commands:
        yield _comment(_circumstances(fix))
        yield " &&\n  ".join(map(command_line, fix.commands))
    for words in fix.instead:
        yield _comment(f"or: {command_line(words)}")


def _sentence(finding: Finding) -> str:
    """Return which finding it is, and what has to change."""
    name = f" {escape_terminal(finding.name, _VALUE)}" if finding.name else ""
    head = f"{finding.key}{name} [{finding.id}]"
    if finding.change is not None and finding.change.path:
        change = finding.change
        return f"{head}: {change.path} {_shown(change.live)} → {_shown(change.desired)}"
    return f"{head}: {finding.title}"


EFFECTS_SHOWN: dict[Effect, str] = {
    "grow only": "the disk grows, which cannot be undone",
    "starts": "starts the guest",
    "moves": "may move guests while they run",
    "link drops": "the link drops for a moment",
    "replug": "the device is unplugged and plugged in again",
    "restores": "restores the guest from its newest backup",
    "waits": "takes effect after a stop and start",
    "stops": "shuts the guest down",
    "restarts": "restarts the guest",
}
"""Effects in the words that people read; others are shown as they are."""


def _circumstances(fix: Fix) -> str:
    parts = [EFFECTS_SHOWN.get(fix.effect, fix.effect), f"on {fix.where}" if fix.where else "on any node"]
    parts += [f"needs {fix.right}"] if fix.right else []
    return ", ".join(parts)


def _shown(value: object) -> str:
    if value is None:
        return "none"
    text = value if isinstance(value, str) and value else json.dumps(value, ensure_ascii=False)
    return escape_terminal(text, _VALUE)


def _comment(text: str) -> str:
    """Return text as one comment, which nothing in it can end."""
    return f"# {escape_terminal(text, _LONGEST)}"


def _count(entries: Sequence[Settled]) -> str:
    return counted(sum(len(each.findings) for each in entries), "finding")


def _end(entries: Sequence[Settled], run: Run) -> str:
    ready = sum(bool(each.fix.commands) for each in entries)
    what = f"{_count(entries)}, {counted(ready, 'resource')} with commands, {len(entries) - ready} without"
    return (
        f"\n{_comment(f'{what}; read {timestamp(run.collected_at)}, run {run.id}; nothing was executed')}\n"
    )
