"""One resource as it was recorded, as text: a field a line, by its pointer."""

from collections.abc import Iterator, Mapping
from typing import Any

from reconciler.model.fingerprint import without_fingerprints
from reconciler.model.pointer import pointer
from reconciler.model.timeline import ResourceAnswer
from reconciler.report.escape import escape_terminal
from reconciler.report.timeline import last_read, minute, value

_NOT_SHOWN = frozenset({"unmodelled", "unread", "unparsed", "upstream_id"})
_WIDEST = 44


def resource_lines(answer: ResourceAnswer) -> Iterator[str]:
    """Yield the lines of a resource."""
    name = f" {escape_terminal(answer.name)}" if answer.name and answer.name != answer.key.id else ""
    verdict = f"  {answer.verdict.replace('_', ' ')}" if answer.verdict else ""
    yield f"{escape_terminal(str(answer.key))}{name}{verdict}"
    yield f"  {', '.join(_when(answer))}"
    yield ""
    yield from _field_lines(answer.resource)
    if _shown_fields(answer.observed):
        yield ""
        yield f"observed {minute(answer.as_of)} UTC"
        yield from _field_lines(answer.observed)
    for finding in answer.findings:
        yield ""
        yield f"{finding.get('severity')}: {escape_terminal(_title(finding), 300)}  ({finding.get('id')})"
    yield ""
    yield f"{escape_terminal(answer.site)}: {last_read(answer)}"


def _when(answer: ResourceAnswer) -> Iterator[str]:
    yield f"as read {minute(answer.as_of)} UTC"
    if answer.carried_from is not None:
        yield f"the row itself {minute(answer.carried_from)} UTC, because that run could not read it"
    if answer.unchanged_since is not None:
        yield f"unchanged since {minute(answer.unchanged_since)} UTC"
    if answer.until is not None:
        yield f"next record {minute(answer.until)} UTC"
    yield f"commit {answer.commit[:12]}"


def _title(finding: Mapping[str, Any]) -> str:
    return str(without_fingerprints(str(finding.get("title", ""))))


def _shown_fields(row: Mapping[str, Any]) -> dict[str, Any]:
    return {name: each for name, each in row.items() if name not in _NOT_SHOWN and each is not None}


def _field_lines(row: Mapping[str, Any]) -> Iterator[str]:
    """Yield the fields of a row in one column, their values in another; a secret only as `set` or `none`.

    Empty lists and mappings are left out.
    """
    found = {path: each for path, each in _leaves(_shown_fields(row)) if each not in ([], {}, ())}
    width = min(max(map(len, found), default=0), _WIDEST)
    for path, each in found.items():
        yield f"{path:<{width}}  {value(without_fingerprints(each))}"


def _leaves(row: Mapping[str, Any], *above: str) -> Iterator[tuple[str, Any]]:
    for name, each in row.items():
        if isinstance(each, dict) and each:
            yield from _leaves(each, *above, name)
        else:
            yield escape_terminal(pointer(*above, name)), each
