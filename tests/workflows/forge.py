"""A code host with the site's repository in it, a runner beside it, and the site itself."""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from reconciler.cli.demo import configuration, example_desired_state, secrets_of
from reconciler.lab import Lab
from tests.site_repository import QUIET
from tests.workflows.act import WORKFLOWS, Job, act
from tests.workflows.git_server import GitServer, git_server

ROOT = Path(__file__).parents[2]
TOKEN = "0123456789abcdef0123456789abcdef01234567"
OF_A_FORK = "f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0"
"""A token that may only read, as a job of a fork's pull request has it."""
PULL = 7

TOOL = """\
#!/bin/sh
printf '%s\\n' "$*" >>{calls}
PYTHONPATH="{root}" "{python}" -m reconciler "$@"
code=$?
[ ! -e {keep} ] || cp -a . "{keep}/$$"
exit $code
"""


class Forge:
    """The site's repository as people and jobs see it."""

    def __init__(self, path: Path, lab: Lab, server: GitServer, copy: "Forge | None" = None) -> None:
        self.path, self.lab, self.server = path, lab, server
        self.remote, self.clone = server.root / "ops" / "site.git", path / "clone"
        self.home, self.kept = path / "home", path / "kept"
        self.published = path / "public"
        self.repository = "ops/site"
        self.calls = path / "calls"
        self.environment = {
            "PATH": f"{path}/bin:{os.environ['PATH']}",
            "HOME": str(self.home),
            "GIT_CONFIG_GLOBAL": os.devnull,
            "GIT_CONFIG_NOSYSTEM": "1",
        }
        self.home.mkdir()
        self.script(
            "reconciler", TOOL.format(calls=self.calls, root=ROOT, python=sys.executable, keep=self.kept)
        )
        if copy is None:
            self._fill()
        else:
            shutil.copytree(copy.remote, self.remote)
            shutil.copytree(copy.clone, self.clone)
            self.git(self.clone, "remote", "set-url", "origin", str(self.remote))

    def script(self, name: str, text: str) -> None:
        """Put a program on the runner's PATH."""
        file = self.path / "bin" / name
        file.parent.mkdir(exist_ok=True)
        file.write_text(text)
        file.chmod(0o755)

    def git(self, directory: Path, *arguments: str) -> str:
        identity = ("-c", "user.name=ann", "-c", "user.email=ann@example.org")
        done = subprocess.run(
            ["git", *identity, *arguments], cwd=directory, check=True, capture_output=True, text=True
        )
        return done.stdout.strip()

    def _fill(self) -> None:
        self.remote.parent.mkdir(parents=True)
        self.git(self.path, "init", "--quiet", "--bare", "--initial-branch=main", str(self.remote))
        self.git(self.remote, "config", "uploadpack.allowFilter", "true")  # as Gitea has it
        self.git(self.path, "clone", "--quiet", str(self.remote), str(self.clone))
        self.git(self.clone, "checkout", "--quiet", "-B", "main")
        for name, data in example_desired_state().items():
            self.write(f"desired-state/{name}", data)
        self.write("config/reconciler.yaml", self.config())
        self.write("config/ca.pem", Path(self.lab.ca_file).read_bytes())
        self.push("main")

    def config(self) -> bytes:
        publish = f"publish: {{directory: {self.published}}}\n"
        return (configuration(self.lab, "config/ca.pem") + QUIET + publish).encode()

    def write(self, name: str, data: bytes) -> None:
        path = self.clone / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)

    def push(self, branch: str) -> str:
        """Commit what was written, push it, and return the commit."""
        self.git(self.clone, "add", "--all")
        self.git(self.clone, "commit", "--quiet", "--allow-empty", "--message", "change")
        self.git(self.clone, "push", "--quiet", "--force", "origin", f"HEAD:refs/heads/{branch}")
        return self.tip()

    def tip(self) -> str:
        return self.git(self.clone, "rev-parse", "HEAD")

    def branches(self) -> list[str]:
        """The branches of the remote."""
        return self.git(self.remote, "for-each-ref", "--format=%(refname:short)", "refs/heads").split()

    def recorded(self) -> int:
        """The number of commits of the history."""
        return int(self.git(self.remote, "rev-list", "--count", "drift-state"))

    def run(
        self,
        workflow: str | Path,
        event: str,
        payload: Mapping[str, Any],
        *,
        secrets: Mapping[str, str] | None = None,
        label: str = "ubuntu-latest",
        more: Sequence[str] = (),
        **environment: str,
    ) -> Job:
        """Run a workflow as the server would start it."""
        return act(
            WORKFLOWS / workflow,
            event,
            payload,
            self.clone,
            secrets={"GITHUB_TOKEN": TOKEN, **(secrets or {})},
            variables={"GITHUB_SERVER_URL": self.server.url, "GITHUB_REPOSITORY": self.repository},
            environment={**self.environment, **environment},
            label=label,
            more=more,
        )

    def reconcile(self, event: str = "schedule", **options: Any) -> Job:
        """Run the main job with the secrets of the site."""
        payload = {"schedule": "7,22,37,52 * * * *"} if event == "schedule" else {"ref": "refs/heads/main"}
        options = {"workflow": "reconcile.yml", "secrets": secrets_of(self.lab), **options}
        return self.run(options.pop("workflow"), event, payload, **options)

    def review(self, head: str, action: str = "opened", **options: Any) -> Job:
        """Run the job of a pull request, whose last commit is `head`, into main."""
        self.git(self.remote, "update-ref", f"refs/pull/{PULL}/head", head)
        self.server.state.pull(PULL, head)
        pull = {
            "number": PULL,
            "base": {"ref": "main"},
            "head": {"sha": head, "ref": "topic"},
            "merged": False,
        }
        payload = {"action": action, "number": PULL, "pull_request": {**pull, **options.pop("pull", {})}}
        return self.run("review.yml", "pull_request", payload, **options)


@contextmanager
def forge_at(path: Path, lab: Lab, copy: Forge | None = None, **options: Any) -> Iterator[Forge]:
    """A code host below a folder, for a site; `copy`: with what is in the repositories of another."""
    with git_server(path / "repositories", {TOKEN: "job", OF_A_FORK: "fork"}, **options) as server:
        yield Forge(path, lab, server, copy)
