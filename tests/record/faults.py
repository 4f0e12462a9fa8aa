"""Runs in a process of their own, and a git that fails or kills when it is told to."""

import multiprocessing
import os
import resource
import shutil
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from reconciler import record
from reconciler.config.settings import HistorySettings
from reconciler.errors import RecordError
from reconciler.model.recorded import Recorded
from tests.record.parts import MARKDOWN

_PROCESSES = multiprocessing.get_context("forkserver")
_PROCESSES.set_forkserver_preload(["reconciler.record", "tests.record.parts"])

_GIT = """#!/bin/sh
# Does WHAT at the call number NTH of `git COMMAND`; else it is git. Runs hand on no variable of ours to it.
for word in "$@"; do
  if [ "$option" ]; then option=
  elif [ "$word" = -c ]; then option=yes
  else command=$word; break
  fi
done
if [ "$command" = COMMAND ]; then
  echo x >>CALLS
  if [ "$(wc -l <CALLS)" -eq NTH ]; then
    case WHAT in
      kill-before) kill -9 $PPID; exit 1 ;;
      kill-after) REAL "$@"; kill -9 $PPID; exit 1 ;;
      no-space) echo "error: unable to write file: No space left on device" >&2; exit 128 ;;
      small-files) ulimit -f 0 ;;
    esac
  fi
fi
exec REAL "$@"
"""


def fault(directory: Path, what: str, command: str, nth: int = 1) -> dict[str, str]:
    """The environment in which git has that fault."""
    real = shutil.which("git")
    assert real is not None
    directory.mkdir()
    wrapper = directory / "git"
    text = _GIT
    calls = str(directory / "calls")
    for word, value in {
        "REAL": real,
        "COMMAND": command,
        "CALLS": calls,
        "NTH": str(nth),
        "WHAT": what,
    }.items():
        text = text.replace(word, value)
    wrapper.write_text(text)
    wrapper.chmod(0o755)
    return {"PATH": f"{directory}:{os.environ['PATH']}"}


class Writing:
    """A run that is being recorded elsewhere."""

    def __init__(
        self,
        root: Path,
        settings: HistorySettings,
        runs: list[Recorded],
        environment: Mapping[str, str] | None = None,
        file_size: int | None = None,
    ) -> None:
        self._said, said = _PROCESSES.Pipe(duplex=False)
        arguments = (root, settings, runs, {**os.environ, **(environment or {})}, file_size, said)
        self._process = _PROCESSES.Process(target=_write, args=arguments)
        self._process.start()
        said.close()

    def end(self) -> tuple[int | None, list[str]]:
        """Its exit code, and what became of each run: a reason, or the error."""
        self._process.join(60)
        try:
            said = self._said.recv() if self._said.poll() else []
        except EOFError:
            said = []
        code = self._process.exitcode
        self._process.close()
        self._said.close()
        return code, said


def _write(root, settings, runs, environment, file_size, said) -> None:
    os.environ.clear()
    os.environ.update(environment)
    _, most = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (most if file_size is None else file_size, most))
    words: list[str] = []
    for run in runs:
        try:
            repo = record.open_repository(root)
            previous = record.read(repo, settings)
            current = replace(run, changed_at=record.changed_at(previous, run))
            words.append(record.write(repo, settings, current, previous, MARKDOWN).reason)
        except RecordError as error:
            words.append(str(error))
    resource.setrlimit(resource.RLIMIT_FSIZE, (most, most))
    said.send(words)
