"""A site with a remote, two runners that share it, and a small disk that can be filled.

folder/remote.git      what both runners push to
folder/disk/           a tmpfs: the clones `a` and `b`, and the temporary folder of their runs
"""

import os
import random
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from reconciler.cli.demo import configuration, example_desired_state, secrets_of
from reconciler.lab import Lab

PROGRAM = Path(__file__).parents[2]
DISK_BYTES = 400 * 2**20
DISK_INODES = 60_000
BRANCH, PULSE = "drift-state", "drift-pulse"
LONGEST_RUN = 120.0
"""Seconds, on a machine that others use too."""


@dataclass
class Ended:
    """A run that has ended."""

    code: int
    output: str
    errors: str

    @property
    def text(self) -> str:
        return self.output + self.errors


@dataclass
class Place:
    """Where it happens; `rng` decides everything that is left to chance."""

    folder: Path
    lab: Lab
    rng: random.Random
    has_disk: bool
    """Whether `disk` is a file system of its own."""

    @property
    def disk(self) -> Path:
        return self.folder / "disk"

    @property
    def remote(self) -> Path:
        return self.folder / "remote.git"

    @property
    def a(self) -> Path:
        return self.disk / "a"

    @property
    def b(self) -> Path:
        return self.disk / "b"

    @property
    def served(self) -> Path:
        """What web servers have as their root."""
        return self.a / "public" / "current"

    @property
    def secrets(self) -> dict[str, str]:
        return secrets_of(self.lab)

    def git(self, where: Path, *arguments: str) -> str:
        done = subprocess.run(
            ["git", *arguments], cwd=where, check=True, capture_output=True, text=True, timeout=LONGEST_RUN
        )
        return done.stdout.strip()

    def clone(self, name: str) -> None:
        """Make a runner's clone anew, as an operator does whose clone is damaged; what it serves stays."""
        target, fresh = self.disk / name, self.disk / f"{name}-fresh"
        shutil.rmtree(fresh, ignore_errors=True)
        self.git(
            self.disk, "clone", "--quiet", "--no-hardlinks", "--branch", "main", str(self.remote), fresh.name
        )
        target.mkdir(exist_ok=True)
        shutil.rmtree(target / ".git", ignore_errors=True)
        (fresh / ".git").rename(target / ".git")
        shutil.rmtree(fresh)
        self.git(target, "reset", "--quiet", "--hard")
        for key, value in (("user.name", "chaos"), ("user.email", "chaos@localhost")):
            self.git(target, "config", key, value)

    def start(self, where: Path, environment: Mapping[str, str] | None = None) -> "subprocess.Popen[str]":
        """Start a run in a clone."""
        own = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
        return subprocess.Popen(
            [sys.executable, "-m", "reconciler", "run"],
            cwd=where,
            env={
                **own,
                **self.secrets,
                "PYTHONPATH": str(PROGRAM),
                "TMPDIR": str(self.disk / "tmp"),
                **(environment or {}),
            },
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            errors="replace",
        )

    def end(self, process: "subprocess.Popen[str]", within: float = LONGEST_RUN) -> Ended:
        """Wait for the end of a run; one that hangs is killed, and its code is that of SIGKILL."""
        try:
            output, errors = process.communicate(timeout=within)
        except subprocess.TimeoutExpired:
            process.kill()
            output, errors = process.communicate()
            errors = f"{errors or ''}\nthe run did not end by itself"
        return Ended(process.returncode, output, errors or "")

    def run(self, where: Path | None = None, environment: Mapping[str, str] | None = None) -> Ended:
        """Make a run from beginning to end."""
        return self.end(self.start(where or self.a, environment))

    def change_the_site(self) -> None:
        """Change one value, so that the next run has something to record."""
        self.lab.state.edit_guest(
            113, memory=str(self.rng.choice([8192, 16384, 32768]) + self.rng.randrange(99))
        )


@contextmanager
def place(folder: Path, seed: int, *, has_disk: bool) -> Iterator[Place]:
    """A place that has run once."""
    with Lab() as lab:
        it = Place(folder, lab, random.Random(seed), has_disk)
        it.disk.mkdir()
        if has_disk:
            options = f"size={DISK_BYTES},nr_inodes={DISK_INODES},mode=0755"
            subprocess.run(["mount", "-t", "tmpfs", "-o", options, "none", str(it.disk)], check=True)
        (it.disk / "tmp").mkdir()
        it.git(folder, "init", "--quiet", "--bare", "--initial-branch=main", "remote.git")
        _first_commit(it)
        it.clone("a")
        it.clone("b")
        first = it.run()
        assert first.code in {0, 2}, first.text
        try:
            yield it
        finally:
            if has_disk:
                subprocess.run(["umount", "--lazy", str(it.disk)], check=True)


def _first_commit(it: Place) -> None:
    seed = it.folder / "seed"
    it.git(it.folder, "init", "--quiet", "--initial-branch=main", "seed")
    for key, value in (("user.name", "chaos"), ("user.email", "chaos@localhost")):
        it.git(seed, "config", key, value)
    files = {f"desired-state/{path}": data for path, data in example_desired_state().items()}
    files["config/reconciler.yaml"] = configuration(it.lab, "config/ca.pem").encode()
    files["config/ca.pem"] = Path(it.lab.ca_file).read_bytes()
    files[".gitignore"] = b"/public/\n"
    for name, data in files.items():
        (seed / name).parent.mkdir(parents=True, exist_ok=True)
        (seed / name).write_bytes(data)
    it.git(seed, "add", "--all")
    it.git(seed, "commit", "--quiet", "--message", "The site as it should be")
    it.git(seed, "push", "--quiet", str(it.remote), "main")
