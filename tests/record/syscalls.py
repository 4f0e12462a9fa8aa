"""A run under strace: what it writes, in which order, and its disk after each step."""

import re
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from tests.processes import program

CALLS = (
    "open,openat,creat,write,pwrite64,rename,renameat,renameat2,link,linkat,unlink,unlinkat,mkdir,mkdirat,"
    "rmdir,fsync,fdatasync,sync_file_range,syncfs,ftruncate,symlink,symlinkat"
)
_LINE = re.compile(r"(\d+) +(\w+)\((.*)\) += +(-?\d+)(?:<.*>)?.*")
_UNFINISHED = re.compile(r"(\d+) +(.*) <unfinished \.\.\.>")
_RESUMED = re.compile(r"(\d+) +<\.\.\. \w+ resumed>(.*)")
_STRING = re.compile(r'"((?:\\x[0-9a-f]{2})*)"')
_PLACE = re.compile(r"(?:-?\d+|AT_FDCWD)<((?:[^<>\\]|\\x[0-9a-f]{2})*)>")


@dataclass(frozen=True, slots=True)
class Call:
    """A system call that succeeded."""

    process: int
    name: str
    place: str
    """The path of the descriptor that it is about."""
    texts: tuple[bytes, ...]
    flags: str
    home: str = "/"
    """What relative paths are relative to, where no descriptor is named."""

    @property
    def paths(self) -> tuple[str, ...]:
        """The paths that it names, from the root."""
        return tuple(
            str(Path(self.place or self.home) / text.decode("utf-8", "surrogateescape"))
            for text in self.texts
        )


def trace(command: Sequence[str], environment: Mapping[str, str], log: Path) -> list[Call]:
    """Run a command to its end and return the calls that change or sync files, of all its processes."""
    how = ("-f", "-y", "-xx", *("-s", "10000000"))
    options = (*how, *("-e", f"trace={CALLS}"), *("-e", "signal=none"), *("-o", str(log)))
    subprocess.run([program("strace"), *options, *command], env=dict(environment), check=True)
    return list(_parsed(log.read_text("ascii").splitlines()))


def _parsed(lines: Sequence[str]) -> Iterator[Call]:
    begun: dict[str, str] = {}
    homes: dict[int, str] = {}
    for line in lines:
        if match := _UNFINISHED.fullmatch(line):
            begun[match[1]] = match[2]
            continue
        if match := _RESUMED.fullmatch(line):
            line = f"{match[1]} {begun.pop(match[1])}{match[2]}"  # noqa: PLW2901
        match = _LINE.fullmatch(line)
        if match is None or int(match[4]) < 0:
            continue
        process, name, arguments = int(match[1]), match[2], match[3]
        place = _PLACE.search(arguments)
        texts = tuple(_bytes(text) for text in _STRING.findall(arguments))
        path = _bytes(place[1]).decode() if place else ""
        if arguments.startswith("AT_FDCWD<"):
            homes[process] = path
        yield Call(process, name, path, texts, _STRING.sub("", arguments), homes.get(process, "/"))


def _bytes(text: str) -> bytes:
    if "\\x" not in text:
        return text.encode()
    return bytes.fromhex(text.replace("\\x", ""))


class Synced:
    """Which files are on the disk, by whatever name; git's batch method syncs many at once."""

    def __init__(self) -> None:
        self._files: dict[str, int] = {}
        self._synced: set[int] = set()
        self._batches: dict[int, set[int]] = {}

    def has(self, path: str) -> bool:
        """Whether the content of a file was synced."""
        return self._files.get(path) in self._synced

    def see(self, call: Call) -> None:
        """Take note of a call."""
        if call.name in {"open", "openat", "creat"} and "O_CREAT" in call.flags:
            self._files[call.paths[0]] = len(self._files)
        elif call.name.startswith(("rename", "link")) and call.paths[0] in self._files:
            self._files[call.paths[-1]] = self._files[call.paths[0]]
        elif call.name == "sync_file_range":
            self._batches.setdefault(call.process, set()).add(self._files.get(call.place, -1))
        elif call.name in {"fsync", "fdatasync"}:
            self._synced.add(self._files.get(call.place, -1))
            if "bulk_fsync" in call.place:
                self._synced |= self._batches.pop(call.process, set())


class Disk:
    """A copy of a folder on which calls are made again; `lossy`: what was not synced is not there yet."""

    def __init__(self, start: Path, original: Path, copy: Path, *, lossy: bool) -> None:
        shutil.copytree(start, copy, symlinks=True)
        self._original, self._copy, self._lossy = str(original), copy, lossy
        self._names: dict[int, Path] = {}
        self._unsynced: dict[int, bytes] = {}
        self._batches: dict[int, set[int]] = {}

    def make(self, call: Call) -> bool:
        """Make a call again; returns whether it changed this folder."""
        if call.name in {"fsync", "fdatasync", "sync_file_range"}:
            return self._sync(call)
        if call.name in {"write", "pwrite64"}:
            return self._write(call)
        paths = [path for each in call.paths if (path := self._path(each)) is not None]
        if len(paths) < len(call.texts) or not paths:
            return False
        first, last = paths[0], paths[-1]
        if call.name in {"open", "openat", "creat"}:
            return self._open(call, first)
        if call.name.startswith("rename"):
            first.rename(last)
            self._names[last.stat().st_ino] = last
        elif call.name.startswith("link"):
            last.hardlink_to(first)
            self._names[last.stat().st_ino] = last
        elif call.name.startswith("mkdir"):
            first.mkdir()
        elif call.name == "rmdir" or "AT_REMOVEDIR" in call.flags:
            first.rmdir()
        else:
            if first.stat().st_nlink == 1:
                self._unsynced.pop(first.stat().st_ino, None)
            first.unlink()
        return True

    def _path(self, text: str) -> Path | None:
        if not text.startswith(f"{self._original}/"):
            return None
        return self._copy / text.removeprefix(f"{self._original}/")

    def _open(self, call: Call, path: Path) -> bool:
        made = "O_CREAT" in call.flags and not path.exists()
        if made:
            path.touch()
        elif "O_TRUNC" in call.flags and path.is_file():
            path.write_bytes(b"")
        else:
            return False
        self._names[path.stat().st_ino] = path
        self._unsynced.pop(path.stat().st_ino, None)  # of a file that had the same number
        return True

    def _write(self, call: Call) -> bool:
        path = self._path(call.place)
        if path is None or not path.is_file():
            return False
        if self._lossy:
            number = path.stat().st_ino
            self._unsynced[number] = self._unsynced.get(number, b"") + call.texts[0]
            return False
        _append(path, call.texts[0])
        return True

    def _sync(self, call: Call) -> bool:
        path = self._path(call.place)
        if path is None or not path.is_file():
            return False
        numbers = {path.stat().st_ino}
        if call.name == "sync_file_range":
            self._batches.setdefault(call.process, set()).update(numbers)
            return False
        if "bulk_fsync" in path.name:
            numbers |= self._batches.pop(call.process, set())
        flushed = [number for number in numbers if self._unsynced.get(number)]
        for number in flushed:
            _append(self._names[number], self._unsynced.pop(number))
        return bool(flushed)


def _append(path: Path, data: bytes) -> None:
    mode = path.stat().st_mode
    path.chmod(0o644)
    with path.open("ab") as file:
        file.write(data)
    path.chmod(mode)


def python(*arguments: str) -> list[str]:
    """Return the command that runs a module of these tests."""
    return [sys.executable, "-m", *arguments]
