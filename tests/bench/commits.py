"""The record against git itself: the same commits by plumbing, and what they add to a pack."""

import statistics
import subprocess
import tempfile
import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from itertools import pairwise
from pathlib import Path

from reconciler import record
from reconciler.drift.compare import compare
from reconciler.model.key import Key
from reconciler.model.recorded import Recorded
from reconciler.model.value import Row
from reconciler.record.command import DURABLE
from tests.bench.cpu import Bench, undrifted
from tests.bench.measure import Ratio, median

RUNS = 12
IDENTITY = ("-c", "user.name=bench", "-c", "user.email=bench@localhost")


def steps(bench: Bench) -> Iterator[Ratio]:
    """A changed run against the same commit by plumbing; the pack a changed commit adds; an unchanged run."""
    settings = bench.config.settings.history.model_copy(update={"pulse": None, "push": None})
    with tempfile.TemporaryDirectory() as folder:
        root, floor = new_site(Path(folder) / "site"), new_site(Path(folder) / "floor")
        repository = record.open_repository(root)
        runs = [_run(bench, number) for number in range(RUNS + 1)]
        took, floors, loose, previous = [], [], [], None
        tips = []
        for recorded in runs:
            before = _loose(root)
            begin = time.perf_counter()
            written = record.write(repository, settings, recorded, previous, "")
            took.append(time.perf_counter() - begin)
            assert written.commit, "a changed run must make a commit"
            loose.append(_loose(root) - before)
            floors.append(_plumbing(root, floor, written.commit))
            previous = record.read(repository, settings)
            tips.append(written.commit)
        again = median(lambda: record.write(repository, settings, runs[-1], previous, ""), repeat=3)
        assert record.write(repository, settings, runs[-1], previous, "").commit is None
        changed, plain = statistics.median(took[1:]), statistics.median(floors[1:])
        yield Ratio("record: a changed run", bench.guests, changed, plain, 2, "plumbing")
        yield Ratio("record: an unchanged run", bench.guests, again, plain, 1, "plumbing")
        yield Ratio(
            "record: loose KB of one changed line",
            bench.guests,
            statistics.median(loose[1:]),
            1,
            250,
            "KB",
            (2000,),
        )
        packs = [_packed(root, tip) for tip in tips]
        grown = statistics.median(after - before for before, after in pairwise(packs))
        yield Ratio("record: packed KB of a changed commit", bench.guests, grown / 1000, 1, 5, "KB")


def new_site(directory: Path) -> Path:
    """Make a repository with one commit."""
    directory.mkdir()
    git_text(directory, "init", "--quiet", "--initial-branch=main")
    git_text(directory, *IDENTITY, "commit", "--quiet", "--allow-empty", "--message", "start")
    return directory


def _run(bench: Bench, number: int) -> Recorded:
    """The site with the memory of one guest changed, and a run a minute later."""
    rows: dict[Key, Row] = dict(bench.site.config)
    guests = sorted(key for key in rows if key.kind == "guest")
    key = guests[(number * 37) % len(guests)]
    rows[key] = {**rows[key], "memory": 1000 + number}
    moment = bench.site.run.collected_at + timedelta(minutes=number)
    run = bench.site.run.model_copy(
        update={"collected_at": moment, "id": f"{moment:%Y%m%dT%H%M%SZ}-{number:06x}"}
    )
    site = replace(bench.site, config=rows, run=run)
    report = compare(site, undrifted(bench), None, bench.config.settings.drift, bench.kinds)
    return Recorded(report, replace(site, observed={}), dict.fromkeys(rows, bench.site.run.collected_at))


def _plumbing(root: Path, floor: Path, commit: str) -> float:
    """Seconds to make the same commit in another repository with git's own commands, synced as a run's is."""
    parent = git_text(root, "rev-parse", "--verify", "--quiet", f"{commit}^", check=False) or _EMPTY
    lines = git_text(root, "diff-tree", "-r", "--no-renames", parent, commit).splitlines()
    index: list[str] = []
    contents: dict[Path, bytes] = {}
    with tempfile.TemporaryDirectory() as folder:
        for number, line in enumerate(lines):
            facts, path = line.split("\t")
            blob = facts.split()[3]
            if facts.endswith("D"):
                index.append(f"0 {'0' * 40}\t{path}")
                continue
            contents[Path(folder) / str(number)] = git_bytes(root, "cat-file", "blob", blob)
            index.append(f"100644 {blob}\t{path}")
        begin = time.perf_counter()
        for file, data in contents.items():
            file.write_bytes(data)
        git_text(floor, "hash-object", "-w", "--stdin-paths", stdin="\n".join(map(str, contents)))
        git_text(floor, "update-index", "--index-info", stdin="\n".join(index))
        tree = git_text(floor, "write-tree")
        head = git_text(floor, "rev-parse", "HEAD")
        made = git_text(floor, *IDENTITY, "commit-tree", tree, "-p", head, "-m", "the same")
        git_text(floor, "update-ref", "HEAD", made)
        return time.perf_counter() - begin


_EMPTY = "4b825dc642cb6eb9a060e54bf8d69288fbee4904"
"""The empty tree, which git knows by heart."""


def _loose(root: Path) -> float:
    """Kilobytes of the loose objects, as their files are long."""
    files = (root / ".git/objects").glob("[0-9a-f][0-9a-f]/*")
    return sum(file.stat().st_size for file in files) / 1000


def _packed(root: Path, tip: str) -> int:
    """Bytes of a pack of everything up to a commit."""
    return len(
        git_bytes(
            root, "pack-objects", "--revs", "--stdout", "--quiet", "--threads=1", stdin=f"{tip}\n".encode()
        )
    )


def git_text(directory: Path, *arguments: str, stdin: str = "", check: bool = True) -> str:
    """Return what a git command prints."""
    return git_bytes(directory, *arguments, stdin=stdin.encode(), check=check).decode().strip()


def git_bytes(directory: Path, *arguments: str, stdin: bytes = b"", check: bool = True) -> bytes:
    """Return the bytes that a git command prints."""
    done = subprocess.run(
        ["git", *DURABLE, *arguments], cwd=directory, input=stdin, capture_output=True, check=check
    )
    return done.stdout
