"""Runs a workflow with act, as a runner on a host would: no container, no network but loopback."""

import json
import os
import re
import signal
import subprocess
import sys
import threading
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest

WORKFLOWS = Path(__file__).parents[2] / ".gitea" / "workflows"
ACT = Path(sys.executable).parent / "act"
LIMIT = 100
"""Seconds until a job is ended; each takes a few."""

_MARK = "this step has printed everything"
_AT_THE_END = """\
unset BASH_ENV
{before}
trap 'code=$?; echo "{mark}"; read -r -t 30 _ <>"{heard}"; exit $code' EXIT
"""
"""Read by each step's bash before its script, so that a step ends only when its last line was read.

After a step that fails, act does not wait for what is in the terminal: 6 of 200 lost their only line.
"""

_STEP = re.compile(r"^\[[^]]+\]   (?:✅  Success|❌  Failure) - Main (?P<name>.*?)(?: \[[^]]*\])?$")


@dataclass(frozen=True)
class Job:
    """A job that has ended."""

    green: bool
    log: str
    """Everything that act printed."""

    @property
    def output(self) -> list[str]:
        """The lines that steps printed."""
        return [line for _, bar, line in (each.partition("  | ") for each in self.log.splitlines()) if bar]

    @property
    def steps(self) -> list[str]:
        """The names of the steps that were run, in order; a skipped one is not."""
        found = (_STEP.match(line) for line in self.log.splitlines())
        return [match["name"] for match in found if match]


def act(
    workflow: Path,
    event: str,
    payload: Mapping[str, object],
    clone: Path,
    *,
    secrets: Mapping[str, str],
    variables: Mapping[str, str],
    environment: Mapping[str, str],
    label: str = "ubuntu-latest",
    more: Sequence[str] = (),
) -> Job:
    """Run the jobs of a workflow for an event.

    `clone` is what the event's commit (`GITHUB_SHA`) is taken from; `variables` are set by the server, and
    `environment` is the runner's, as is its only label. `more` are options of act.
    """
    folder = Path(environment["HOME"]) / ".runner"
    folder.mkdir(exist_ok=True)
    files = {"event.json": json.dumps(payload), "secrets": _lines(secrets), "variables": _lines(variables)}
    for name, text in files.items():
        (folder / name).write_text(text)
    command = [ACT, event, "--workflows", workflow, "--platform", f"{label}=-self-hosted", *more]
    command += ["--eventpath", folder / "event.json", "--secret-file", folder / "secrets"]
    command += ["--env-file", folder / "variables", "--var-file", os.devnull, "--input-file", os.devnull]
    command += ["--no-cache-server", "--insecure-secrets", "--action-cache-path", folder / "act"]
    heard = folder / "heard"
    heard.unlink(missing_ok=True)
    os.mkfifo(heard)
    before = environment.get("BASH_ENV")
    (folder / "bash").write_text(
        _AT_THE_END.format(mark=_MARK, heard=heard, before=f'. "{before}"' if before else "")
    )
    with subprocess.Popen(
        [str(word) for word in command],
        cwd=clone,
        env={**environment, "BASH_ENV": str(folder / "bash")},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    ) as process:
        log: list[str] = []
        reader = threading.Thread(target=_read, args=(process.stdout, heard, log))
        reader.start()
        try:
            process.wait(LIMIT)
        except subprocess.TimeoutExpired:
            process.send_signal(signal.SIGTERM)  # each step is a process group of its own, which act ends
            try:
                process.wait(10)
            finally:
                os.killpg(process.pid, signal.SIGKILL)
                reader.join()
            pytest.fail(f"the job did not end within {LIMIT} s:\n{''.join(log)}")
        reader.join()
    return Job(process.returncode == 0, "".join(log))


def _read(lines: Iterable[str], heard: Path, log: list[str]) -> None:
    """Read what act prints, and let each step end once its mark was seen; the mark is not in the log."""
    with os.fdopen(os.open(heard, os.O_RDWR), "w") as pipe:
        for line in lines:
            text, mark, _ = line.partition(_MARK)
            if not mark:
                log.append(line)
                continue
            pipe.write("\n")
            pipe.flush()
            if not text.endswith("  | "):
                log.append(text + "\n")


def _lines(values: Mapping[str, str]) -> str:
    return "".join(f"{name}={value}\n" for name, value in values.items())
