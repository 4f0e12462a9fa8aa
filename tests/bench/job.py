"""One run as a process of its own, the site's answers already at hand: CPU without HTTP, and peak memory.

`steps` reads the site once and keeps every answer; `python -m tests.bench.job FOLDER N` is the run, on a
repository with a history, after every hundredth guest got other memory.
"""

import json
import pickle
import resource
import subprocess
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any
from unittest.mock import patch

import orjson

from reconciler import kinds
from reconciler.collectors.proxmox import SYSTEM
from reconciler.collectors.proxmox.connection.api import ProxmoxApi, ProxmoxRequestFailed
from reconciler.config.file import load_config
from reconciler.jobs.adopt import adopt_live
from reconciler.jobs.run import run
from reconciler.model.fingerprint import SecretFingerprinter
from reconciler.model.progress import Silent
from reconciler.model.system import SourceContext
from tests.bench.measure import Ratio, peak
from tests.bench.site import SECRET, configure, lab

MEGABYTES = 500
_ANSWERS = "answers.pickle"


_Kept = bytes | tuple[int | None, str]


def _kept(answer: Any) -> _Kept:
    return (
        (answer.status, answer.reason) if isinstance(answer, ProxmoxRequestFailed) else orjson.dumps(answer)
    )


def _answered(path: str, kept: _Kept) -> Any:
    return ProxmoxRequestFailed("canned", path, *kept) if isinstance(kept, tuple) else orjson.loads(kept)


class Recording:
    """An API that keeps what it answered."""

    def __init__(self, api: ProxmoxApi) -> None:
        self._api = api
        self.settings = api.settings
        self.expected = api.expected
        self.declared = api.declared
        self.empty = api.empty
        self.fingerprinter = api.fingerprinter
        self.first = api.first
        self.answers: dict[str, _Kept] = {}
        """Path → JSON, or status and reason of a refusal."""

    def another_host(self, why: str) -> bool:
        return self._api.another_host(why)

    def begin(self, paths: Iterable[str]) -> None:
        self._api.begin(paths)

    def prepare(self, paths: Iterable[str]) -> None:
        self._api.prepare(paths)

    def in_order(self, kind: str, ids: Iterable[str]) -> list[str]:
        return self._api.in_order(kind, ids)

    def get(self, path: str, **params: str | int) -> Any:
        try:
            answer = self._api.get(path, **params)
        except ProxmoxRequestFailed as refusal:
            self.answers[path] = _kept(refusal)
            raise
        self.answers[path] = _kept(answer)
        return answer

    def get_many(self, paths: Iterable[str], **options: Any) -> Iterator[tuple[str, Any]]:
        for path, answer in self._api.get_many(paths, **options):
            self.answers[path] = _kept(answer)
            yield path, answer


class Canned:
    """An API that gives kept answers, parsed anew."""

    def __init__(self, answers: Mapping[str, _Kept], settings: Any) -> None:
        self._answers = answers
        self.settings = settings
        self.expected: Mapping[str, frozenset[str]] = {}
        self.declared: Mapping[str, frozenset[str]] = {}
        self.empty: frozenset[str] = frozenset()
        self.fingerprinter: SecretFingerprinter | None = None
        self.first: Mapping[str, tuple[str, ...]] = {}

    def another_host(self, why: str) -> bool:
        del why
        return False

    def begin(self, paths: Iterable[str]) -> None:
        del paths

    def prepare(self, paths: Iterable[str]) -> None:
        del paths

    def in_order(self, kind: str, ids: Iterable[str]) -> list[str]:
        del kind
        return list(ids)

    def get(self, path: str, **params: str | int) -> Any:
        del params
        answer = _answered(path, self._answers[path])
        if isinstance(answer, ProxmoxRequestFailed):
            raise answer
        return answer

    def get_many(self, paths: Iterable[str], **_options: Any) -> Iterator[tuple[str, Any]]:
        for path in paths:
            yield path, _answered(path, self._answers[path])


def steps(directory: Path, guests: int, loads: float) -> Iterator[Ratio]:
    """The CPU and the memory of a run; `loads` is L in seconds."""
    _prepare(directory, guests)
    facts: dict[str, float] = {}
    for number in range(3):  # the first has no history to read, the second no release to share with
        command = [sys.executable, "-m", "tests.bench.job", str(directory), str(number)]
        facts = json.loads(subprocess.run(command, check=True, capture_output=True).stdout)
    yield Ratio("run: CPU without HTTP", guests, facts["cpu"], loads, 55)
    yield Ratio("run: peak memory", guests, facts["megabytes"], 1, MEGABYTES, "MB")


def _prepare(directory: Path, guests: int) -> None:
    """A repository that declares all of the site, and every answer of a run."""
    kept: list[Recording] = []

    @contextmanager
    def connect(settings: Any, context: SourceContext) -> Iterator[Recording]:
        with SYSTEM.connect(settings, context) as api:
            kept.append(Recording(api))
            yield kept[-1]

    with lab(guests) as facts:
        site = configure(directory, facts)
        with _connected(connect):
            adopted = adopt_live(site, {SECRET: facts["token_secret"]}, Silent())
    for path, text in adopted.files.items():
        file = directory / "desired-state" / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
    (directory / _ANSWERS).write_bytes(pickle.dumps(kept[-1].answers))
    git = ("git", "-c", "user.name=bench", "-c", "user.email=bench@localhost", "-C", str(directory))
    subprocess.run([*git, "init", "--quiet", "--initial-branch=main"], check=True)
    subprocess.run([*git, "add", "config", "desired-state"], check=True)
    subprocess.run([*git, "commit", "--quiet", "--message", "the site"], check=True)


def _connected(
    connect: Callable[[Any, SourceContext], AbstractContextManager[ProxmoxApi]],
) -> AbstractContextManager[Any]:
    """The pipeline with another way to reach a Proxmox site."""
    return patch.dict("reconciler.kinds.SYSTEMS", {"proxmox": replace(SYSTEM, connect=connect)})


def _changed(answer: bytes, name: str) -> bytes:
    """Another name: every guest has one, and `adopt` declares it."""
    rows = orjson.loads(answer)
    return orjson.dumps(
        [row | {"value": name} if row["key"] in {"name", "hostname"} else row for row in rows]
    )


def _cpu() -> float:
    used = (resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return sum(each.ru_utime + each.ru_stime for each in used)


def main(directory: Path, number: int) -> None:
    """Run once; print what it took as JSON."""
    answers = pickle.loads((directory / _ANSWERS).read_bytes())
    guests = sorted(path for path in answers if path.endswith("/pending"))
    for path in guests[::100] if number else ():
        answers[path] = _changed(answers[path], f"renamed-{number}")

    @contextmanager
    def connect(settings: Any, _around: SourceContext) -> Iterator[Canned]:
        yield Canned(answers, settings)

    site = load_config(directory / "config" / "reconciler.yaml", kinds.settings())
    with _connected(connect):
        before = _cpu()
        outcome = run(site, {}, Silent())
        used = _cpu() - before
    assert outcome.report.summary.drifted is bool(number), outcome.report.summary.headline
    print(json.dumps({"cpu": used, "megabytes": peak()}))


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]))
