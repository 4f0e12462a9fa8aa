"""What must hold after every trial, whatever went wrong in it."""

import json
import signal
import subprocess
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from tests.chaos.place import BRANCH, Ended, Place

_CODES = {0, 1, 2, 3, 143, -signal.SIGKILL}
_NEVER = ("Traceback", "error: internal", "the run did not end by itself")


class Checks:
    """The invariants of one place; `counts` has how often each was checked."""

    def __init__(self, place: Place) -> None:
        self._place = place
        self._ids = _ids(self._latest())
        self._pushed: set[str] = set()
        self.counts: Counter[str] = Counter()

    def of_runs(self, runs: Sequence[Ended]) -> Iterator[str]:
        """How runs with a fault end: with a code of the contract, words for people, and no secret."""
        for run in runs:
            self.counts["runs"] += 1
            if run.code not in _CODES:
                yield f"a run ended with {run.code}:\n{run.text[-2000:]}"
            for mark in _NEVER:
                if mark in run.text:
                    yield f"a run printed {mark!r}:\n{run.text[-2000:]}"
            if run.code == 1 and not any(line.startswith("error: ") for line in run.errors.splitlines()):
                yield f"a run failed without a reason:\n{run.text[-2000:]}"
            if run.code in {0, 2} and "could not be read: " in run.errors:
                yield f"a run that did not see a source ended with {run.code}:\n{run.text[-2000:]}"
            yield from self._secrets("the output of a run", run.text.encode())
            self._note_pushed(run)

    def after_recovery(self, run: Ended) -> Iterator[str]:
        """The run after a fault is as good as any."""
        self.counts["recoveries"] += 1
        yield from self.of_runs([run])
        if run.code not in {0, 2}:
            yield f"the run after the fault ended with {run.code}:\n{run.text[-3000:]}"
            return
        latest = self._latest()
        if _ids(latest) != self._ids:
            lost = sorted(self._ids - _ids(latest))[:5]
            yield f"the record lost {lost} and gained {sorted(_ids(latest) - self._ids)[:5]}"
        missing = [each["key"] for each in latest["findings"] if each["type"] in {"missing", "unverified"}]
        if missing:
            yield f"called missing or unverified: {missing[:5]}"
        yield from self._no_commit_is_lost()
        yield from self._published()

    def at_the_end(self) -> Iterator[str]:
        """The remote is whole, and no secret is in it, in a clone or in a release."""
        done = self._git_bytes("fsck", "--strict", "--no-dangling", "--no-progress")
        if done.returncode:
            yield f"git fsck of the remote: {done.stderr.decode(errors='replace')[-1000:]}"
        objects = self._git_bytes("cat-file", "--batch-all-objects", "--batch", "--unordered").stdout
        self.counts["bytes of the remote searched"] += len(objects)
        yield from self._secrets("the remote", objects)
        for file in self._place.disk.rglob("*"):
            if file.is_file() and not file.is_symlink():
                self.counts["files searched"] += 1
                yield from self._secrets(str(file), file.read_bytes())

    def _note_pushed(self, run: Ended) -> None:
        for line in run.output.splitlines():
            if line.startswith("recorded and pushed: commit "):
                self._pushed.add(line.split()[4])

    def _no_commit_is_lost(self) -> Iterator[str]:
        """Every commit that a run reported as pushed is in the history of the remote."""
        history = set(
            self._place.git(self._place.remote, "log", "--format=%h", "--abbrev=12", BRANCH).split()
        )
        self.counts["pushed commits looked up"] += len(self._pushed)
        for commit in sorted(self._pushed - history):
            yield f"commit {commit} was reported as pushed and is not in the history"

    def _published(self) -> Iterator[str]:
        """The release is whole and of one run."""
        root = self._place.served.resolve(strict=True)
        stamped: set[str] = set()
        for file in root.rglob("*.json"):
            document = json.loads(file.read_bytes())
            self.counts["documents parsed"] += 1
            if "run_id" in document:
                stamped.add(document["run_id"])
        if len(stamped) != 1:
            yield f"the release mixes the runs {sorted(stamped)}"

    def _secrets(self, where: str, data: bytes) -> Iterator[str]:
        self.counts["searches for secrets"] += 1
        for name, value in self._place.secrets.items():
            if value.encode() in data:
                yield f"{where} has the secret {name}"

    def _latest(self) -> dict[str, Any]:
        remote = self._place.remote
        document: dict[str, Any] = json.loads(
            self._place.git(remote, "show", f"{BRANCH}:reports/latest/drift.json")
        )
        names = self._place.git(
            remote, "ls-tree", "-r", "--name-only", BRANCH, "reports/latest/live/"
        ).split()
        document["ids"] = [
            f"{Path(name).parent.name}/{Path(name).stem}/{identity}"
            for name in names
            for identity in json.loads(self._place.git(remote, "show", f"{BRANCH}:{name}"))
        ]
        return document

    def _git_bytes(self, *arguments: str) -> "subprocess.CompletedProcess[bytes]":
        return subprocess.run(
            ["git", *arguments], cwd=self._place.remote, capture_output=True, check=False, timeout=300
        )


def _ids(latest: dict[str, Any]) -> frozenset[str]:
    return frozenset(latest["ids"])
