"""Checks of `doctor` that belong to no source: desired state, this machine, the key for fingerprints."""

import os
import tempfile
from collections.abc import Iterator, Mapping
from datetime import timedelta
from pathlib import Path

from reconciler.collectors.source import fingerprinter
from reconciler.config.file import Config
from reconciler.errors import ReconcilerError, SourceError
from reconciler.jobs import steps
from reconciler.model.check import Check, CheckState
from reconciler.model.desired import DesiredState
from reconciler.model.fingerprint import key_ids
from reconciler.model.recorded import Recorded
from reconciler.text import counted

_SKEW = timedelta(minutes=5)
_LOW_BYTES = 500 * 2**20
"""Less free space than this is a warning; a tenth of it fails runs of larger sites."""
_FILES = 5_000
"""A published release and a record of a large site are so many files."""


def check_desired(config: Config) -> tuple[list[Check], DesiredState | None]:
    """Return the check of the desired state and the ignore rules, and the former."""
    name = config.settings.desired_state
    if not config.desired_directory.exists():
        what, remedy = f"{name}/ does not exist, so nothing is declared", "reconciler adopt --write"
        return [Check(name="files", state="note", what=what, remedy=remedy)], None
    try:
        desired = steps.load(config).desired
    except ReconcilerError as error:
        count = counted(len(error.problems), "mistake")
        what = f"{count}, of which the first is {error.problems[0]}"
        remedy = "list them with `reconciler validate`"
        return [Check(name="files", state="bad", what=what, remedy=remedy)], None
    what = f"{counted(len(desired.resources), 'resource')} declared"
    return [Check(name="files", state="ok", what=what, brief=what)], desired


def check_machine(config: Config, previous: Recorded | None) -> Iterator[Check]:
    """Check this machine: its clock against the last recorded run, and the room on its disks."""
    if previous is not None and previous.report.run.collected_at > steps.now() + _SKEW:
        when = previous.report.run.collected_at
        what = f"the last recorded run is of {when:%Y-%m-%d %H:%M} UTC, which is in the future"
        remedy = "synchronize the clocks of all machines that run the job, for example with chrony"
        yield Check(name="clock", state="warning", what=what, remedy=remedy)
    seen: set[int] = set()
    for folder in (config.root, config.publish_directory, Path(tempfile.gettempdir())):
        place = next(path for path in (folder, *folder.parents) if path.exists())
        if (device := place.stat().st_dev) not in seen:
            seen.add(device)
            yield _disk(place)


def _disk(place: Path) -> Check:
    found = os.statvfs(place)
    free = found.f_bavail * found.f_frsize
    what = f"{place} has {free // 2**20:,} MiB free".replace(",", " ")
    if found.f_files and found.f_favail < _FILES:
        what = f"{place} has room for {found.f_favail} more files"
        return Check(name="disk", state="bad", what=what, remedy="remove files, or give it more inodes")
    if free < _LOW_BYTES:
        state: CheckState = "bad" if free < _LOW_BYTES // 10 else "warning"
        return Check(name="disk", state=state, what=what, remedy="free some space")
    return Check(name="disk", state="ok", what=what, brief=f"{free / 2**30:.1f} GiB free")


def check_key(
    config: Config, environment: Mapping[str, str], previous: Recorded | None, desired: DesiredState | None
) -> Check:
    """Check the key that makes fingerprints of secrets against those that are declared and recorded."""
    rows: list[object] = [declared.fields for declared in desired.resources.values()] if desired else []
    rows += previous.inventory.config.values() if previous else ()
    known = key_ids(rows)
    try:
        made = fingerprinter(config.settings, environment)
    except SourceError as error:
        problem = error.problems[0]
        return _of_key("bad", problem.what, problem.remedy)
    if made is None:
        if not known:
            return _of_key("note", "is not set: changed secrets are not noticed", _SET_KEY)
        what = f"is not set, and fingerprints of key {', '.join(sorted(known))} are declared or recorded"
        remedy = "set the key that made them, or adopt again"
        return _of_key("bad", f"{what}: they cannot be compared", remedy)
    others = known - made.key_ids
    if others:
        what = f"has the id {made.key_id}, and fingerprints of key {', '.join(sorted(others))} exist"
        remedy = "if it was replaced, set fingerprint_key_previous to the old one until all are adopted again"
        return _of_key("warning", f"{what}: they cannot be compared", remedy)
    return _of_key("ok", f"has the id {made.key_id}")


_SET_KEY = "set fingerprint_key to a reference such as ${RECONCILER_FINGERPRINT_KEY}"


def _of_key(state: CheckState, what: str, remedy: str = "") -> Check:
    brief = "fingerprint key set" if state == "ok" else ""
    return Check(name="fingerprint_key", state=state, what=what, remedy=remedy, brief=brief)
