"""Runs a workflow's `run:` steps with bash, as a runner would: env, expressions, GITHUB_OUTPUT, `if:`."""

import os
import re
import subprocess
from dataclasses import dataclass, field
from pathlib import Path

import yaml

EXPRESSION = re.compile(r"\$\{\{\s*([\w.]+)\s*\}\}")
CONDITION = re.compile(r"steps\.(\w+)\.outputs\.(\w+) == '(\w*)'")
WORKFLOWS = Path(__file__).parents[2] / ".gitea" / "workflows"


@dataclass
class Result:
    """What ran: (step, exit code, output) of each step, and which were skipped."""

    steps: list[tuple[str, int, str]] = field(default_factory=list)
    skipped: list[str] = field(default_factory=list)

    @property
    def exit_code(self) -> int:
        """Of the step that ended the job, else 0."""
        return self.steps[-1][1]

    @property
    def log(self) -> str:
        """Everything that was printed."""
        return "\n".join(f"# {name}\n{output}" for name, _, output in self.steps)


def run(workflow: str, directory: Path, values: dict[str, str], environment: dict[str, str]) -> Result:
    """Run the only job of a workflow in `directory`; `values` are what expressions (`secrets.X`) give."""
    document = yaml.safe_load((WORKFLOWS / workflow).read_text())
    (job,) = document["jobs"].values()
    values = dict(values)
    result = Result()
    directory.mkdir(parents=True, exist_ok=True)
    for step in job["steps"]:
        if not _wanted(step.get("if"), values):
            result.skipped.append(step["name"])
            continue
        code, output = _step(step, job.get("env", {}), directory, values, environment)
        result.steps.append((step["name"], code, output))
        if code:
            break
    return result


def _step(step, job_env, directory, values, environment):
    outputs = directory.parent / "step-outputs"
    outputs.write_text("")
    env = {**os.environ, **environment, "GITHUB_OUTPUT": str(outputs), "CI": "true"}
    for name, text in {**job_env, **step.get("env", {})}.items():
        env[name] = EXPRESSION.sub(lambda match: values.get(match[1], ""), str(text))
    assert "${{" not in step["run"], "expressions belong in env:, never in run:"
    done = subprocess.run(
        ["bash", "-eo", "pipefail", "-c", step["run"]],
        cwd=directory,
        env=env,
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
    )
    for line in outputs.read_text().splitlines():
        key, _, value = line.partition("=")
        values[f"steps.{step.get('id')}.outputs.{key}"] = value
    return done.returncode, done.stdout + done.stderr


def _wanted(condition, values):
    if condition is None:
        return True
    match = CONDITION.fullmatch(condition)
    assert match, f"the test does not know the condition {condition!r}"
    return values.get(f"steps.{match[1]}.outputs.{match[2]}", "") == match[3]
