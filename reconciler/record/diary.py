"""The text of a commit that records a run: who reads `git log` reads the diary of the site.

    120 missing, 142 net0.ip changed, 113 memory changed (+9)

    new       pve/guest/120 uptime-kuma: missing
    resolved  pve/guest/117 mail: /cores

Ids and names are chosen by whoever runs a guest or joins the network. They reach a message on one line, of
bounded length, and never as a mention, a reference to an issue, a link or a trailer.
"""

import re
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence

from reconciler.config.severity import SEVERITIES
from reconciler.model.findings import DriftReport, Finding, split_ignored
from reconciler.model.pointer import parts_of
from reconciler.text import counted, natural, visible

SUBJECT_CHARS = 72
"""Characters of a subject: what `git log --oneline` and code hosts show of it."""

BODY_LINES = 50

_ID, _NAME, _LINE = 32, 40, 160
_FOLD_ABOVE = 3
_REFERENCE = re.compile(r"[@#!](?=\w)|(?<=:)//|\[(?=[a-zA-Z ]+\])")
"""The beginnings of mentions, of references to issues and pull requests, of links, of `[skip ci]`."""


def subject(report: DriftReport, changed: Collection[str] = ()) -> str:
    """Return what is new, changed and resolved since the last recorded run, the worst first, in one line.

    `changed` are the ids of earlier findings with other values than then.
    """
    parts = [*_parts(_new(report), _word)]
    parts += _parts(_changed(report, changed), lambda finding: f"{_word(finding)} again")
    parts += _parts(split_ignored(report.resolved)[0], lambda finding: f"{_gone(finding)} resolved")
    parts += [f"{_id(event.key.id)} {event.what}" for event in report.events]
    if not parts:
        return _nothing_new(report)
    kept: list[str] = []
    for part in parts:
        left = len(parts) - len(kept) - 1
        line = ", ".join([*kept, part]) + (f" (+{left})" if left else "")
        if kept and len(line) > SUBJECT_CHARS:
            break
        kept.append(part)
    left = len(parts) - len(kept)
    return ", ".join(kept) + (f" (+{left})" if left else "")


def body(report: DriftReport, changed: Collection[str] = ()) -> str:
    """Return a line for each resource that is new, changed or resolved, and for each event."""
    now = report.run.collected_at
    came = split_ignored(_new(report, causes=False))[0]
    lines = [*_resource_lines("new", [each for each in came if each.reopened != now], _field)]
    lines += _resource_lines("reopened", [each for each in came if each.reopened == now], _field)
    lines += _resource_lines("changed", _changed(report, changed), _field)
    lines += _resource_lines("resolved", split_ignored(report.resolved)[0], _field)
    lines += [_line("event", f"{event.key}", event.name, [event.what, event.path]) for event in report.events]
    more = [f"… and {len(lines) - BODY_LINES} more"] if len(lines) > BODY_LINES else []
    return "\n".join([*lines[:BODY_LINES], *more])


def _new(report: DriftReport, *, causes: bool = True) -> list[Finding]:
    """Return the active findings that came or came back in this run; unless asked, only the causes."""
    active = report.active
    shown = {finding.id for finding in active} if causes else set()
    now = report.run.collected_at
    return [
        finding
        for finding in active
        if (finding.first_seen >= now or finding.reopened == now) and finding.cause not in shown
    ]


def _changed(report: DriftReport, changed: Collection[str]) -> list[Finding]:
    return [finding for finding in report.active if finding.id in changed]


def _nothing_new(report: DriftReport) -> str:
    findings = len(report.active)
    if findings:
        return f"no new findings, {counted(findings, 'open finding')}"
    return f"no findings, {counted(report.summary.resources, 'resource')}"


def _parts(found: Sequence[Finding], word: Callable[[Finding], str]) -> Iterator[str]:
    """Yield `ID WORD` for each finding, the worst first; many of one type without a field as one."""
    groups: dict[object, list[Finding]] = {}
    order = sorted(
        found, key=lambda each: (-SEVERITIES.index(each.severity), each.key[:2], natural(each.key.id))
    )
    for finding in order:
        groups.setdefault(finding.type if finding.change is None else finding.id, []).append(finding)
    for group in groups.values():
        if len(group) > _FOLD_ABOVE:
            yield f"{len(group)} {word(group[0])}"
        else:
            yield from (f"{_id(finding.key.id)} {word(finding)}" for finding in group)


def _word(finding: Finding) -> str:
    """Return what happened to a resource, in a word or two."""
    change = finding.change
    if change is None or finding.type != "drifted":
        return {"unmanaged": "not declared", "unverified": "unverified"}.get(finding.type, finding.type)
    if change.path in {"/name", "/hostname"}:
        return "renamed"
    if not change.path:
        return "exists"
    field = _short(change.path)
    if change.desired is None:
        return f"{field} added"
    return f"{field} removed" if change.live is None else f"{field} changed"


def _gone(finding: Finding) -> str:
    return _short(finding.path) if finding.change is not None and finding.path else finding.type


def _short(path: str) -> str:
    """Return the last two steps of a pointer: `net0.ip`."""
    return _harmless(".".join(parts_of(path)[-2:]), _ID)


def _field(finding: Finding) -> str:
    """Return the field that drifted, or the type of a finding."""
    return finding.path if finding.change is not None and finding.path else finding.type


def _resource_lines(word: str, found: Iterable[Finding], field: Callable[[Finding], str]) -> Iterator[str]:
    """Yield a line for each resource, with its fields."""
    by_key: dict[str, list[Finding]] = {}
    for finding in found:
        by_key.setdefault(str(finding.key), []).append(finding)
    for key, findings in by_key.items():
        yield _line(word, key, findings[0].name, list(dict.fromkeys(map(field, findings))))


def _line(word: str, key: str, name: str | None, what: Sequence[str]) -> str:
    named = f" {_harmless(name, _NAME)}" if name and not key.endswith(f"/{name}") else ""
    fields = ", ".join(_harmless(each, _NAME) for each in what[:5] if each)
    more = f" and {len(what) - 5} more" if len(what) > 5 else ""
    return f"{word:<8}  {_harmless(key, _LINE)}{named}: {fields}{more}"


def _id(identity: str) -> str:
    return _harmless(identity, _ID)


def _harmless(text: str, longest: int) -> str:
    r"""Return untrusted text on one line; what a code host would act on begins with `\uXXXX`."""
    return _REFERENCE.sub(lambda match: f"\\u{ord(match[0][0]):04x}{match[0][1:]}", visible(text, longest))
