"""The figures that docs/decisions quotes, measured again: `python -m tests.bench.decisions`."""

import copy
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

from deepdiff import DeepDiff
from git import Repo

from reconciler import files
from reconciler.drift.differences import differences
from reconciler.record import refs
from reconciler.record.commit import make_commit
from reconciler.record.objects import make_tree, store_blobs
from reconciler.record.repository import open_repository

GUESTS = 1000
OTHERS = 10_000
RUNS = 100


def main() -> None:
    """Print each figure with the page that quotes it."""
    for page, line in (*comparing(), *committing(), *growing()):
        print(f"{page:34}{line}", flush=True)


def comparing() -> Iterator[tuple[str, str]]:
    """Time deepdiff on everything against deepdiff on unequal fields alone."""
    page = "deepdiff-on-unequal-lists.md"
    declared = _guests(GUESTS)
    for share in (0, 10):
        live = _guests(GUESTS)
        for vmid in list(live)[: GUESTS * share // 100]:
            live[vmid]["nics"]["net0"]["tag"] = 99
        whole = _milliseconds(partial(DeepDiff, declared, live))
        narrow = _milliseconds(partial(_narrowed, declared, live))
        yield (
            page,
            f"{GUESTS} guests, {share} % changed: whole {whole:.0f} ms, unequal fields {narrow:.0f} ms",
        )
    rows = [{"id": number, "port": number % 7, "on": True} for number in range(300)]
    changed = [row | {"port": 9} if row["id"] % 10 == 0 else row for row in rows]
    unordered = _milliseconds(partial(DeepDiff, rows, changed, ignore_order=True), repeat=1)
    keyed = _milliseconds(partial(_narrowed, _keyed(rows), _keyed(changed)))
    yield page, f"a list of 300 rows, 10 % changed: ignore_order {unordered:.0f} ms, keyed {keyed:.0f} ms"


def committing() -> Iterator[tuple[str, str]]:
    """Time a commit of one file by GitPython's index and by plumbing, beside few and many other files."""
    for others in (0, OTHERS):
        with tempfile.TemporaryDirectory() as folder:
            _repository(Path(folder), others)
            plumbing = _milliseconds(partial(_by_plumbing, Path(folder)), repeat=5)
            with Repo(folder) as repo:
                index = _milliseconds(partial(_by_index, repo), repeat=5)
        yield (
            "git-plumbing.md",
            f"{others} other files: index.commit {index:.0f} ms, plumbing {plumbing:.0f} ms",
        )


def growing() -> Iterator[tuple[str, str]]:
    """Measure the packed history of 200 guests with configuration alone and with figures that always move."""
    for title, moving in (("configuration, 10 % of runs change", False), ("with uptime and memory", True)):
        with tempfile.TemporaryDirectory() as folder:
            _repository(Path(folder), 0)
            for run in range(RUNS):
                if moving or run % 10 == 0:
                    _by_plumbing(Path(folder), _snapshot(run, moving=moving))
            subprocess.run(["git", "-C", folder, "repack", "-adFq"], check=True)
            packs = Path(folder).glob(".git/objects/pack/*.pack")
            size = sum(pack.stat().st_size for pack in packs) / 1024
        yield "orphan-branch-and-pulse.md", f"{RUNS} runs of 200 guests, {title}: {size:.0f} KB packed"


def _guests(number: int) -> dict[str, Any]:
    guest = {
        "name": "web",
        "cores": 4,
        "memory": 4096,
        "tags": ["prod", "web"],
        "disks": {f"scsi{slot}": {"storage": "local-lvm", "size": 34359738368} for slot in range(2)},
        "nics": {"net0": {"bridge": "vmbr0", "tag": 11, "firewall": True}},
    }
    return {str(vmid): copy.deepcopy(guest) for vmid in range(100, 100 + number)}


def _snapshot(run: int, *, moving: bool) -> bytes:
    guests = _guests(200)
    guests[str(100 + run % 200)]["memory"] = 4096 + run
    if moving:
        for place, guest in enumerate(guests.values()):
            guest |= {"uptime": 900 * run + 7 * place, "used": hash((run, place)) % 2**32}
    return files.canonical(guests)


def _keyed(rows: list[dict[str, Any]]) -> dict[str, Any]:
    return {"rows": {str(row["id"]): row for row in rows}}


def _narrowed(declared: Mapping[str, Any], live: Mapping[str, Any]) -> None:
    for name, row in declared.items():
        list(differences(row, live[name]))


def _repository(folder: Path, others: int) -> None:
    for number in range(others):
        file = folder / "others" / str(number % 100) / f"{number}.txt"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(str(number))
    (folder / "state.json").write_text("0")
    identity = ("-c", "user.name=bench", "-c", "user.email=bench@localhost", "-C", str(folder))
    for command in (("init", "-q", "-b", "main"), ("add", "--all"), ("commit", "-q", "-m", "start")):
        subprocess.run(["git", *identity, *command], check=True)


def _by_index(repo: Repo) -> None:
    (Path(repo.working_dir) / "state.json").write_text(str(time.monotonic_ns()))
    repo.index.add(["state.json"])
    repo.index.commit("by index")


def _by_plumbing(folder: Path, data: bytes | None = None) -> None:
    repo = open_repository(folder)
    parent = subprocess.run(
        ["git", "-C", str(folder), "rev-parse", "main"], check=True, capture_output=True, text=True
    ).stdout.strip()
    with tempfile.TemporaryDirectory() as scratch:
        (blob,) = store_blobs(repo, [data or str(time.monotonic_ns()).encode()], Path(scratch))
        tree = make_tree(repo, parent, {"state.json": blob}, Path(scratch))
    commit = make_commit(repo, tree, parent, "by plumbing", datetime.now(UTC))
    assert refs.move(repo, {refs.local("main"): (commit, parent)}, log=True)


def _milliseconds(job: Callable[[], object], repeat: int = 3) -> float:
    best = float("inf")
    for _ in range(repeat):
        began = time.perf_counter()
        job()
        best = min(best, time.perf_counter() - began)
    return best * 1000


if __name__ == "__main__":
    main()
