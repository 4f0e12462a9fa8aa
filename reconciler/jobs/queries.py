"""Questions to the record: opening it, and the resource that a person means."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from difflib import get_close_matches
from pathlib import Path
from typing import TYPE_CHECKING

from pydantic import TypeAdapter, ValidationError

from reconciler.config.file import Config
from reconciler.config.repository import repository_root
from reconciler.config.settings import HistorySettings
from reconciler.desired.declaration_type import as_written
from reconciler.errors import Problem, RecordError, RemoteError, UsageError
from reconciler.kinds import kind_finder
from reconciler.model.key import Key
from reconciler.model.progress import Progress
from reconciler.model.recorded import Recorded
from reconciler.model.value import Row
from reconciler.text import enumerated, visible

if TYPE_CHECKING:
    from reconciler.record.queries import AsOf, KindOf, OpenRecord

_MOST_NAMED = 5
_FORM = "write SOURCE/KIND/ID: pve/guest/101"


@dataclass(frozen=True, slots=True)
class Asked:
    """An open record, and the last run in it."""

    record: "OpenRecord"
    last: Recorded
    kind_of: "KindOf"
    history: HistorySettings
    problems: tuple[Problem, ...] = ()

    def facts(self, *problems: Problem) -> dict[str, object]:
        """Return the fields that every answer has."""
        found = dict.fromkeys((*self.problems, *self.last.problems, *problems))
        run = self.last.report.run
        return {
            "site": run.site,
            "collected_at": run.collected_at,
            "run_id": run.id,
            "problems": tuple(found),
        }


def open_query(config: Config | None, progress: Progress, *, typed: bool = False) -> Asked:
    """Open the record, from the remote where it can be reached; without a configuration, of this clone.

    `typed`: its rows are read by the models of their kinds. Raises `RecordError` if nothing is recorded.
    """
    from reconciler import record
    from reconciler.record import queries

    root = config.root if config else repository_root(Path("here"))
    secrets = config.secret_variables if config else frozenset()
    repository = record.open_repository(root, secrets=secrets)
    settings = config.settings.history if config else None
    settings = settings or record.discover(repository) or HistorySettings(push="origin")
    try:
        opened = queries.open_record(repository, settings, fetch=config is not None)
    except RemoteError as error:
        progress.warn(f"{error.problems[0]}; continuing with the record as last fetched")
        opened = queries.open_record(repository, settings, fetch=False)
    find = kind_finder(config)
    newest = opened.newest
    assert newest is not None
    last = queries.load_at(opened, newest, find) if typed else queries.load_at(opened, newest)
    lost = last.report.run.went_back
    return Asked(opened, last, find, settings, (lost.problem,) if lost else ())


def as_of(asked: Asked, when: datetime | str | None) -> "AsOf":
    """Return the record at a time; of a run that changed nothing, the one before it.

    Raises `RecordError` where there is none.
    """
    from reconciler import record
    from reconciler.record import queries

    try:
        return queries.as_of(asked.record, when)
    except RecordError:
        if not isinstance(when, str) or not queries.RUN_PREFIX.fullmatch(when):
            raise
        runs = record.read_runs(asked.record.repo, asked.history)
        last = asked.last.report.run
        times = {last.id: last.collected_at, **{entry.id: entry.at for entry in runs}}
        times = {run_id: at for run_id, at in times.items() if run_id.startswith(when)}
        if len(times) != 1:
            raise
        return queries.as_of(asked.record, next(iter(times.values())))


def find_key(asked: Asked, text: str, recorded: Recorded | None = None) -> Key:
    """Return the key that a text means: a key, or an id or a name that only one resource has.

    Case and the notation of a MAC address do not matter. Raises `UsageError` for one that several have, and
    `RecordError` for one that none has; a key of three parts need not be in the record.
    `recorded`: instead of the last one.
    """
    rows, kind_of = _known_rows(recorded or asked.last), asked.kind_of
    if text.count("/") >= 2 and all(text.split("/", 2)):
        key = _normal(Key(*text.split("/", 2)), kind_of)
        if key in rows:
            return key
        alike = [each for each in rows if str(each).casefold() == str(key).casefold()]
        return alike[0] if len(alike) == 1 else key
    wanted = text.casefold()
    if not wanted.strip():
        raise UsageError(Problem("KEY", "is empty", _FORM))
    found = [key for key in rows if key.id.casefold() == wanted]
    found = found or [key for key, row in rows.items() if str(row.get("name")).casefold() == wanted]
    if len(found) == 1:
        return found[0]
    if found:
        keys = enumerated([visible(str(key)) for key in sorted(found)], _MOST_NAMED)
        raise UsageError(
            Problem(visible(text), f"is the name of {len(found)} resources: {keys}", "write one key")
        )
    raise unknown_key(text, rows)


def _known_rows(recorded: Recorded) -> dict[Key, Row]:
    """Return the rows of a record, and the resources that are declared and missing."""
    missing: dict[Key, Row] = {Key.parse(text): {} for text in recorded.report.verdicts}
    missing |= {each.key: {"name": each.name} for each in recorded.report.findings if each.name}
    return {**missing, **recorded.inventory.observed, **recorded.inventory.config}


def unknown_key(text: str, rows: Iterable[Key]) -> RecordError:
    """Return the error for a resource that was never recorded, with the nearest that is."""
    keys = {str(key): key for key in rows}
    near = get_close_matches(text, keys, n=3, cutoff=0.6)
    if not near:
        near = [str(key) for key in keys.values() if key.id == text.rpartition("/")[2]][:3]
    remedy = f"did you mean {' or '.join(map(visible, near))}?" if near else _FORM
    return RecordError(Problem(visible(text), "was never recorded", remedy))


def _normal(key: Key, kind_of: "KindOf") -> Key:
    """Return a key with its id as the kind writes it."""
    kind = kind_of(key.source, key.kind)
    if kind is None or kind.identity is str:
        return key
    try:
        return key._replace(id=TypeAdapter(as_written(kind.identity)).validate_python(key.id))
    except (ValidationError, ValueError):
        return key
