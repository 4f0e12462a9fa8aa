"""Changes of one resource: when, by which run, and by whom; asked of git, read-only."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from reconciler.config.file import Config
from reconciler.errors import Problem
from reconciler.jobs.changes import changes_of, renamed
from reconciler.jobs.queries import Asked, find_key, open_query, unknown_key
from reconciler.jobs.renames import other_id
from reconciler.model.key import Key
from reconciler.model.progress import Progress
from reconciler.model.timeline import Change, ChangesAnswer

if TYPE_CHECKING:
    from reconciler.record.queries import RecordCommit, Step, Timeline

_MOST_IDS = 8
"""So many earlier ids of a resource are followed."""

_Earlier = tuple[Key, tuple[str, ...]]
"""The id that a resource had before, and the commits from which to go on."""


def changes(config: Config | None, text: str, limit: int, progress: Progress) -> ChangesAnswer:
    """Return the changes of a resource, newest first, at most `limit` of them (0: all).

    Raises `RecordError` for a resource that was never recorded.
    """
    from reconciler.record import queries

    asked = open_query(config, progress)
    rows = asked.last.inventory.config
    key = find_key(asked, text)
    found: list[Change] = []
    problems: list[Problem] = []
    names: list[str] = []
    earlier: _Earlier | None = (key, asked.record.tips)
    for _ in range(_MOST_IDS):
        if earlier is None:
            break
        line = queries.timeline(asked.record.repo, asked.record.place, earlier[1], earlier[0])
        problems += line.problems
        names += _resource_names(line.steps)
        made, earlier = _walk(asked, line, earlier[0])
        found += made
    if not found:
        raise unknown_key(text, rows)
    return ChangesAnswer(
        **asked.facts(*problems),
        key=key,
        name=names[0] if names else None,
        exists=key in rows,
        total=len(found),
        changes=tuple(_with_subjects(asked, found[:limit] if limit else found)),
    )


def _resource_names(steps: Iterable["Step"]) -> Iterator[str]:
    """Yield the names of a resource, the newest first."""
    for step in steps:
        for row in (step.after, step.before):
            name = (row or {}).get("name")
            if isinstance(name, str):
                yield name


def _walk(asked: Asked, line: "Timeline", key: Key) -> tuple[list[Change], _Earlier | None]:
    """Return the changes of a resource under one id, and the id that it had before."""
    position = {commit.id: at for at, commit in enumerate(line.commits)}
    found: list[Change] = []
    for step in line.steps:
        older = _older(line.commits, position[step.commit.id])
        made, before = _of_step(asked, step, key, older)
        desired = step.commit.desired
        if older is not None and None not in {desired, older.desired} and desired != older.desired:
            made = [each.model_copy(update={"desired_commit": desired}) for each in made]
        found += made
        if before is not None:
            return found, (key._replace(id=before), (f"{step.commit.id}^",))
    return found, None


def _of_step(
    asked: Asked, step: "Step", key: Key, older: "RecordCommit | None"
) -> tuple[list[Change], str | None]:
    """Return the changes of a step, and the id before it where the step is a change of the id."""
    kind, version = asked.kind_of(key.source, key.kind), older.version if older else None
    if step.before is None and step.after is not None and step.known_before and not step.commit.cut:
        before, after = _files(asked, step, key)
        old = other_id(kind, step.after, before, after)
        if old is not None:
            fields = changes_of(replace(step, before=before[old]), kind, key, version)
            return [*fields, renamed(step, old, key.id)], old
    if step.after is None and step.before is not None and step.known_after:
        before, after = _files(asked, step, key)
        new = other_id(kind, step.before, after, before)
        if new is not None:
            return [renamed(step, key.id, new)], None
    return changes_of(step, kind, key, version), None


def _files(asked: Asked, step: "Step", key: Key) -> list[dict[str, dict[str, object]]]:
    from reconciler.record import queries

    blobs = step.commit.files[queries.live_path(key.source, key.kind)]
    return [queries.whole_file(asked.record.repo, blob) for blob in blobs]


def _older(commits: Sequence["RecordCommit"], at: int) -> "RecordCommit | None":
    """Return the commit of the run before."""
    return next((each for each in commits[at + 1 :] if each.run), None)


def _with_subjects(asked: Asked, found: Sequence[Change]) -> Iterator[Change]:
    """Yield the changes with the messages and authors of the commits of the desired state."""
    from reconciler.record import queries

    wanted = {each.desired_commit for each in found if each.desired_commit}
    known = queries.subjects(asked.record.repo, wanted)
    for each in found:
        if each.desired_commit in known:
            subject, author = known[each.desired_commit]
            yield each.model_copy(update={"desired_subject": subject, "desired_author": author})
        else:
            yield each
