"""The growth of the record: 2,000 runs of a site with realistic change, and what a year of them comes to.

Every tenth run finds a change: mostly one field of a guest, at times a guest that starts, comes or goes, and
every night the newest backup of each. Half of the fields are set back within a day.

Runs that find nothing new add no commit, which every hundredth of them has to show; the others are left out
here, and their rows in the files of days are added as if each day had its 96 runs.
"""

import random
import tempfile
import zlib
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from reconciler import record
from reconciler.drift import ledger
from reconciler.drift.compare import compare
from reconciler.model.key import Key
from reconciler.model.recorded import Recorded
from reconciler.model.run_entry import RunEntry
from reconciler.model.snapshot import Inventory
from reconciler.model.value import Row, timestamp
from reconciler.record.days import day_file
from reconciler.record.layout import DAY_FILE, RUNS
from reconciler.report import formats
from tests.bench.commits import git_bytes, git_text, new_site
from tests.bench.cpu import Bench, undrifted
from tests.bench.measure import Ratio

RUNS_MADE = 2000
INTERVAL = timedelta(minutes=15)
YEAR = timedelta(days=365) / INTERVAL / RUNS_MADE
CHANGES = ("memory", "cores", "tags", "description", "power", "power", "gone", "new")


def steps(bench: Bench) -> Iterator[Ratio]:
    """Megabytes of a clone and of a checkout after a year at 15 minutes."""
    settings = bench.config.settings.history.model_copy(update={"push": None})
    with tempfile.TemporaryDirectory() as folder:
        root = new_site(Path(folder) / "site")
        repository = record.open_repository(root)
        previous: Recorded | None = None
        changed = 0
        runs: tuple[RunEntry, ...] = ()
        for number, inventory in enumerate(_inventories(bench.site)):
            same = previous is not None and _is_same(inventory, previous.inventory)
            if same and number % 100:
                continue
            report = compare(inventory, undrifted(bench), previous, bench.config.settings.drift, bench.kinds)
            current = Recorded(report, inventory, {})
            current = replace(
                current,
                changed_at=record.changed_at(previous, current),
                ledger=ledger.advance(previous, current),
            )
            markdown = formats.render(report, "markdown")
            assert isinstance(markdown, bytes)
            written = record.write(repository, settings, current, previous, markdown.decode())
            runs = written.runs or runs
            changed += written.reason == "changed"
            assert not same or written.commit is None, "an unchanged run must not make a commit"
            commit = written.commit or (previous.commit if previous else None)
            known = frozenset({report.run.id})
            previous = replace(current, commit=commit, position=written.position, known=known)
        day = _whole_day(runs[-1])
        clone = _clone(root) * YEAR + 365 * len(zlib.compress(day)) / 1e6
        yield Ratio("record: MB of a clone after a year", bench.guests, clone, 1, 20, "MB")
        checkout = _checkout(root, len(day))
        yield Ratio("record: MB of a checkout after a year", bench.guests, checkout, 1, 50, "MB")
        share = changed / RUNS_MADE
        yield Ratio("record: share of runs that changed", bench.guests, share, 1, 0.25, "of runs")


def _is_same(inventory: Inventory, before: Inventory) -> bool:
    """Return whether a run reads what the one before it read, on the same day."""
    return inventory.config == before.config and inventory.run.id[:8] == before.run.id[:8]


def _whole_day(entry: RunEntry) -> bytes:
    """Return the file of a day of 96 runs."""
    begin = entry.at.replace(hour=0, minute=0)
    ids = (f"{begin + number * INTERVAL:%Y%m%dT%H%M%SZ}-{number * 174_762:06x}" for number in range(96))
    return day_file(
        {
            each: replace(entry, id=each, seconds=(entry.seconds or 0) + 0.001 * at)
            for at, each in enumerate(ids)
        }
    )


def _inventories(site: Inventory) -> Iterator[Inventory]:
    """Yield what each run reads."""
    chance = random.Random(2026)
    rows, back = dict(site.config), dict[int, tuple[Key, Row]]()
    locks = ("lock", "locked_since")  # one that gets old is a finding, without any change
    observed = {
        key: {name: value for name, value in row.items() if name not in locks}
        for key, row in site.observed.items()
    }
    begin = site.run.collected_at.replace(hour=0, minute=0, second=0)
    for number in range(RUNS_MADE):
        moment = begin + number * INTERVAL
        if number in back:
            key, row = back.pop(number)
            rows[key] = row
        elif chance.random() < 0.09:
            key = chance.choice([key for key in rows if key.kind == "guest"])
            before = rows[key]
            _change(rows, key, number, chance)
            if chance.random() < 0.5:
                back[number + chance.randrange(1, 96)] = (key, before)
        if moment.hour == 2 and moment.minute == 0:
            observed = {key: _backed_up(row, moment) for key, row in observed.items()}
        yield _inventory(site, rows, observed, moment, number)


def _inventory(
    site: Inventory, rows: dict[Key, Row], observed: dict[Key, Row], moment: datetime, number: int
) -> Inventory:
    run = site.run.model_copy(
        update={
            "id": f"{moment:%Y%m%dT%H%M%SZ}-{number:06x}",
            "collected_at": moment,
            "stale_after": moment + 2 * INTERVAL,
        }
    )
    return replace(site, run=run, config=dict(rows), observed=dict(observed))


def _backed_up(row: Row, moment: datetime) -> Row:
    return {**row, "newest_backup": timestamp(moment)} if "newest_backup" in row else row


def _change(rows: dict[Key, Row], key: Key, number: int, chance: random.Random) -> None:
    """Change a guest, in one field or as a whole."""
    row: dict[str, Any] = dict(rows[key])
    what = chance.choice(CHANGES)
    if what == "gone":
        del rows[key]
        return
    if what == "new":
        rows[Key(key.source, key.kind, str(100_000 + number))] = {**row, "name": f"new-{number}"}
        return
    values = {
        "memory": 1024 * chance.randrange(1, 64),
        "cores": chance.randrange(1, 32),
        "tags": sorted(chance.sample(["web", "production", "test", "dmz", "backup"], 2)),
        "description": f"changed in run {number}",
        "power": "stopped" if row.get("power") == "running" else "running",
    }
    rows[key] = {**row, what: values[what]}


def _clone(root: Path) -> float:
    """Megabytes of a pack of the whole history, as `git clone` gets it after a `git gc`."""
    git_text(root, "repack", "-adfq", "--threads=1")
    pack = git_bytes(root, "pack-objects", "--revs", "--stdout", "--quiet", stdin=b"drift-state\n")
    return len(pack) / 1e6


def _checkout(root: Path, day: int) -> float:
    """Megabytes of the files of the branch, with as many days as are kept after a year."""
    lines = git_text(root, "ls-tree", "-r", "-l", "drift-state").splitlines()
    sizes = {line.split("\t")[1].removeprefix("reports/"): int(line.split()[3]) for line in lines}
    days = [path for path in sizes if DAY_FILE.fullmatch(path)]
    reports: dict[str, int] = {}
    for path, size in sizes.items():
        if path.startswith(RUNS) and "/live/" not in path:
            folder = path.rpartition("/")[0]
            reports[folder] = reports.get(folder, 0) + size
    more = (90 - len(days)) * sum(reports.values()) / len(reports)
    return (sum(sizes.values()) + more + 90 * day) / 1e6
