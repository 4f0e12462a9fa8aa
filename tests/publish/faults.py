"""One fault at each step of an operation on the publish folder, in a process that is forked for it.

A step is a call that changes the file system (for errors also one that reads it). The fault is SIGKILL, or an
`OSError` of that call. What is checked after each: readers have the old release or the new one, whole; what
the error says of it is true; and the same operation then ends as if there had been no fault.
"""

import errno
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import traceback
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any, NamedTuple

from reconciler.errors import PublishError
from reconciler.publish import release
from reconciler.publish.mark_stale import mark_stale
from reconciler.publish.rollback import roll_back
from tests.publish import site
from tests.publish.test_publish import FIRST, SECOND, changed, names, put, tree

THIRD = "20261123T220000Z-000003"
LATE = site.NOW + timedelta(days=1)
FEW = {key: site.CONFIG[key] for key in (site.WEB, site.NODE)}

Operation = Callable[[Path], object]
OPERATIONS: dict[str, Operation] = {
    "publish": lambda directory: put(directory, changed(THIRD)),
    "publish and remove": lambda directory: put(directory, changed(THIRD), keep=1),
    "publish what is stale": lambda directory: put(directory, changed(THIRD), now=LATE, resume=True),
    "rollback": lambda directory: roll_back(directory, FIRST, hold=site.NOW),
    "mark-stale": lambda directory: mark_stale(directory, LATE),
}
ERRORS = (errno.ENOSPC, errno.EIO, errno.EROFS, errno.EACCES, errno.EDQUOT)

_CHANGES = {"os.rename", "os.link", "os.symlink", "os.mkdir", "os.remove", "os.rmdir", "os.chmod", "os.utime"}
_READS = {"os.scandir", "os.listdir"}
_WRITES = os.O_WRONLY | os.O_RDWR | os.O_CREAT

_LAST = 12
"""From this many steps before the end, when the release is built, each one is tried."""

DONE, REFUSED, OTHER = 0, 10, 11


class Steps:
    """Counts the steps from when it is armed, and acts at one of them."""

    def __init__(self, act: Callable[[], None], at: int, *, reads: bool) -> None:
        self.act, self.at, self.reads = act, at, reads
        self.seen: list[str] = []
        self.armed = False

    def hear(self, event: str, arguments: tuple[Any, ...]) -> None:
        """Called by Python before whatever it audits."""
        if not self.armed:
            return
        writes = event == "open" and isinstance(arguments[2], int) and arguments[2] & _WRITES
        if event in _CHANGES or writes or (self.reads and (event in _READS or event == "open")):
            self.step(event)

    def step(self, event: str) -> None:
        """Count one."""
        if not self.armed:
            return
        self.seen.append(event)
        if len(self.seen) == self.at:
            self.armed = False
            self.act()

    def install(self) -> None:
        """Hear the whole process, and the calls that Python does not audit; nothing need reach the disk."""
        sys.addaudithook(self.hear)
        write = os.write

        def noted(descriptor: int, data: Any) -> int:
            self.step("write")
            return write(descriptor, data)

        os.write = noted
        os.fsync = lambda fd: self.step("fsync")
        release._flush = lambda folder: self.step("syncfs")


class Outcome(NamedTuple):
    """How a forked operation ended."""

    code: int
    said: str
    steps: int


def forked(
    operation: Operation, directory: Path, act: Callable[[], None], at: int, *, reads: bool
) -> Outcome:
    """Run an operation in a process of its own, with a fault at a step."""
    output = directory.with_name("output")
    pid = os.fork()
    if pid == 0:
        steps = Steps(act, at, reads=reads)
        code, said = OTHER, ""
        try:
            steps.install()
            steps.armed = True
            operation(directory)
            code = DONE
        except PublishError as error:
            code, said = REFUSED, str(error)
        finally:
            steps.armed = False
            output.write_text(f"{len(steps.seen)} {said or traceback.format_exc()}")
            os._exit(code)
    status = os.waitpid(pid, 0)[1]
    if os.WIFSIGNALED(status):
        return Outcome(-os.WTERMSIG(status), "", at)
    steps_seen, _, said = output.read_text().partition(" ")
    return Outcome(os.WEXITSTATUS(status), said, int(steps_seen))


def kill() -> None:
    """End as a machine without power does."""
    os.kill(os.getpid(), signal.SIGKILL)


def fail_with(number: int) -> Callable[[], None]:
    """The step fails as the operating system lets it fail."""

    def fail() -> None:
        raise OSError(number, os.strerror(number))

    return fail


def template(scratch: Path) -> Path:
    """A folder with two releases, and a third whose files wait to be built upon."""
    directory = scratch / "template"
    put(directory, site.recorded("20261123T200000Z-000000", config=FEW), keep=2)
    put(directory, site.recorded(FIRST, config=FEW), keep=2)
    put(directory, site.recorded(SECOND, config=FEW), keep=2)
    return directory


def copied(directory: Path, scratch: Path) -> Path:
    """A copy with the same hard links and times."""
    copy = scratch / "copy" / "public"
    shutil.rmtree(copy.parent, ignore_errors=True)
    copy.parent.mkdir()
    subprocess.run(["cp", "-a", directory, copy], check=True)
    return copy


def check(directory: Path, outcome: Outcome, old: dict[str, bytes], new: dict[str, bytes]) -> bool:
    """Check what readers have, and what the error says of it; return whether it is the new release."""
    served = tree(directory / "current")
    assert served in (old, new), "torn"
    is_new = served == new
    if outcome.code == REFUSED:
        claims_new = "tree is served, but" in outcome.said
        claims_old = "is still served" in outcome.said or "is damaged and is not served" in outcome.said
        assert claims_new or claims_old, outcome.said
        assert not (claims_new and not is_new), outcome.said
    else:
        assert outcome.code in {DONE, -signal.SIGKILL}, outcome
        assert outcome.code != DONE or is_new, "it ended well, and the new release is not served"
    return is_new


def main() -> None:
    """Try each step of one operation: `faults.py OPERATION kill|fail STRIDE`."""
    name, fault, stride = sys.argv[1], sys.argv[2], int(sys.argv[3])
    release._flush = lambda folder: None
    operation = OPERATIONS[name]
    with tempfile.TemporaryDirectory(dir=sys.argv[4]) as folder:
        scratch = Path(folder)
        start = template(scratch)
        old = tree(start / "current")
        clean = copied(start, scratch)
        whole = forked(operation, clean, lambda: None, 0, reads=fault == "fail")
        assert whole.code == DONE, whole
        new, releases = tree(clean / "current"), names(clean)
        outcomes: dict[int, int] = {}
        both = set()
        for step in range(1, whole.steps + 1):
            if step % stride and step < whole.steps - _LAST:
                continue
            act = kill if fault == "kill" else fail_with(ERRORS[step % len(ERRORS)])
            directory = copied(start, scratch)
            outcome = forked(operation, directory, act, step, reads=fault == "fail")
            outcomes[outcome.code] = outcomes.get(outcome.code, 0) + 1
            both.add(check(directory, outcome, old, new))
            recover(operation, directory, new)
            assert [name.partition(".")[0] for name in names(directory)][-1:] == [
                releases[-1].partition(".")[0]
            ]
        print(name, fault, whole.steps, outcomes, sorted(both))


def recover(operation: Operation, directory: Path, new: dict[str, bytes]) -> None:
    """The same again, without a fault: the same result, and nothing left over."""
    operation(directory)
    assert tree(directory / "current") == new
    left = [path.name for path in (directory / "releases").iterdir() if path.name.startswith(".removed.")]
    assert not left or operation is OPERATIONS["rollback"], left
    known = {".lock", ".hold", "current", "releases", ".current.next"}
    assert {path.name for path in directory.iterdir()} <= known


if __name__ == "__main__":
    main()
