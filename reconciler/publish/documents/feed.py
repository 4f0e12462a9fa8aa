"""`/v1/feed`: what changed, in words, for feed readers (Atom, RFC 4287).

An entry per run in which a finding or a source changed. Nothing of it depends on later runs, so that the file
keeps its bytes until something changes. Links are relative to the address that the feed was read from, which
nothing here knows. Text from the site is escaped twice: it is HTML within XML.
"""

import uuid
from collections.abc import Iterable, Iterator, Sequence
from html import escape
from xml.etree.ElementTree import Element, SubElement, indent, tostring

from reconciler.model.run_changes import ChangedFinding, FindingChanges, RunChanges, SourceChange
from reconciler.model.value import timestamp
from reconciler.publish.documents.form import FEED
from reconciler.publish.view import HEALTH, HISTORY, View
from reconciler.text import counted, visible

MOST_ENTRIES = 50
MOST_LINES = 40
"""Causes that an entry lists; it counts the others."""
_ATOM = "http://www.w3.org/2005/Atom"
_IDS = uuid.uuid5(uuid.NAMESPACE_URL, "urn:reconciler:feed")
_LINE = 300
_TITLE = 160


def feed(view: View) -> bytes:
    """Return the feed of the runs that changed something, newest first."""
    entries = [each for each in view.recorded.past.changes if each.matters][:MOST_ENTRIES]
    updated = max((each.collected_at for each in entries), default=view.run.collected_at)
    site = visible(view.run.site) or "reconciler"
    root = Element("feed", {"xmlns": _ATOM, "xml:lang": "en"})
    _text(root, "id", _urn(view))
    _text(root, "title", f"{site}: drift")
    _text(root, "subtitle", "What changed, compared with the desired state in git")
    _text(root, "updated", timestamp(updated))
    _author(root, site)
    _text(root, "generator", "reconciler")
    _link(root, "self", FEED, "application/atom+xml")
    _link(root, "alternate", "/", "text/html")
    _link(root, "related", HEALTH, "application/json")
    for changes in entries:
        _entry(root, view, changes)
    indent(root)
    data: bytes = tostring(root, encoding="utf-8", xml_declaration=True)
    return data + b"\n"


def _entry(root: Element, view: View, changes: RunChanges) -> None:
    moment = timestamp(changes.collected_at)
    entry = SubElement(root, "entry")
    _text(entry, "id", _urn(view, changes.id))
    _text(entry, "title", title_of(changes))
    _text(entry, "published", moment)
    _text(entry, "updated", moment)
    _link(entry, "alternate", f"/history#run={changes.id}", "text/html")
    _link(entry, "related", f"{HISTORY}/{changes.id}", "application/json")
    content = _text(entry, "content", html_of(changes))
    content.set("type", "html")


def title_of(changes: RunChanges) -> str:
    """Return what changed in a few words: sources first, then the subject of the commit."""
    sources = [f"{visible(each.source)} {_state(each)}" for each in changes.source_changes]
    return visible(", ".join([*sources, changes.subject]), _TITLE)


def html_of(changes: RunChanges) -> str:
    """Return the verdict, then a line for each source and each cause, as HTML."""
    lines = [*_sources(changes.source_changes)]
    for word, found in _lists(changes):
        lines += _findings(word, found)
    if changes.verified_again:
        lines.append(f"{counted(changes.verified_again, 'resource')} verified again")
    if changes.event_count:
        lines.append(f"{counted(changes.event_count, 'event')}: changes that opened no finding")
    left = len(lines) - MOST_LINES
    lines = [*lines[:MOST_LINES], *([f"and {left} more"] if left > 0 else [])]
    items = "".join(f"<li>{escape(line)}</li>" for line in lines)
    verdict = changes.verdict.replace("_", " ").upper()
    return f"<p>{escape(f'{verdict}: {visible(changes.headline, _LINE)}')}</p><ul>{items}</ul>"


def _lists(changes: RunChanges) -> Iterator[tuple[str, FindingChanges]]:
    yield "new", changes.new
    yield "reopened", changes.reopened
    yield "changed", changes.changed
    yield "resolved", changes.resolved
    yield "unverified", changes.unverified


def _sources(found: Iterable[SourceChange]) -> Iterator[str]:
    for change in found:
        why = f": {change.problem}" if change.problem is not None else ""
        yield visible(f"{change.source} {_state(change)}{why}", _LINE)


def _state(change: SourceChange) -> str:
    """Return what became of a source: its new state, and whether it could be read before."""
    return {
        "complete": "is read completely again",
        "partial": "is read only in part",
        "failed": "cannot be read",
    }[change.now]


def _findings(word: str, found: FindingChanges) -> Iterator[str]:
    """Yield a line for each cause, with the number of findings that follow from it."""
    listed = {each.id for each in found.findings}
    causes = [each for each in found.findings if each.cause not in listed]
    follow: dict[str, int] = {}
    for each in found.findings:
        if each.cause in listed and each.cause is not None:
            follow[each.cause] = follow.get(each.cause, 0) + 1
    for cause in _folded(word, causes):
        if isinstance(cause, str):
            yield cause
        else:
            yield _line(word, cause, follow.get(cause.id, 0))
    if found.count > len(found.findings):
        yield f"{word}: {found.count - len(found.findings)} more"


def _folded(word: str, causes: Sequence[ChangedFinding]) -> Iterator[ChangedFinding | str]:
    """Yield the findings; of those that say only that a resource could not be verified, their number."""
    if word == "unverified" and len(causes) > 1:
        names = sorted({visible(f"{each.key.source}/{each.key.kind}") for each in causes})
        yield f"unverified: {counted(len(causes), 'resource')} of {', '.join(names)}"
    else:
        yield from causes


def _line(word: str, finding: ChangedFinding, follow: int) -> str:
    key = str(finding.key)
    name = f" {visible(finding.name)}" if finding.name and finding.name != finding.key.id else ""
    after = f" ({counted(follow, 'finding')} more from this cause)" if follow else ""
    who = "".join(f"; {visible(act.account)} ({visible(act.what)})" for act in finding.who[:1])
    return f"{word}: {visible(key)}{name}: {visible(finding.title, _LINE)}{who}{after}"


def _urn(view: View, run_id: str = "") -> str:
    """Return an id that stays the same in every release: of the history, and of a run in it."""
    position = view.recorded.position
    history = position.lineage if position is not None else view.run.site
    return uuid.uuid5(_IDS, f"{history}/{run_id}").urn


def _author(root: Element, name: str) -> None:
    _text(SubElement(root, "author"), "name", name)


def _link(parent: Element, relation: str, route: str, media_type: str) -> None:
    SubElement(parent, "link", {"rel": relation, "type": media_type, "href": route})


def _text(parent: Element, name: str, text: str) -> Element:
    element = SubElement(parent, name)
    element.text = _xml(text)
    return element


def _xml(text: str) -> str:
    """Return text without the characters that XML 1.0 forbids, whatever they came through."""
    return "".join(char for char in text if _is_allowed(ord(char)))


def _is_allowed(code: int) -> bool:
    return code in {0x9, 0xA, 0xD} or 0x20 <= code <= 0xD7FF or 0xE000 <= code <= 0xFFFD or code >= 0x10000
