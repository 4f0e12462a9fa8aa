"""Runs a workflow with act, as a runner on a host would: no container, no network but loopback."""

import json
import os
import re
import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest

WORKFLOWS = Path(__file__).parents[2] / ".gitea" / "workflows"
ACT = Path(sys.executable).parent / "act"
LIMIT = 100
"""Seconds until a job is ended; each takes a few."""

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
    with subprocess.Popen(
        [str(word) for word in command],
        cwd=clone,
        env=dict(environment),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    ) as process:
        try:
            log, _ = process.communicate(timeout=LIMIT)
        except subprocess.TimeoutExpired:
            process.send_signal(signal.SIGTERM)  # each step is a process group of its own, which act ends
            try:
                log, _ = process.communicate(timeout=10)
            finally:
                os.killpg(process.pid, signal.SIGKILL)
            pytest.fail(f"the job did not end within {LIMIT} s:\n{log}")
    return Job(process.returncode == 0, log)


def _lines(values: Mapping[str, str]) -> str:
    return "".join(f"{name}={value}\n" for name, value in values.items())
