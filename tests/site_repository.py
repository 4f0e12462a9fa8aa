"""A site's own repository in a scratch folder: config, desired state, git; and `reconciler` run in it."""

import json
import subprocess
from pathlib import Path
from typing import Any

from reconciler.cli.demo import SECRET, configuration, example_desired_state, secrets_of
from reconciler.cli.main import run
from reconciler.lab import Lab

SOURCE = """\
  - name: {name}
    type: proxmox
    hosts: [{hosts}]
    token_id: {token_id}
    token_secret: ${{{variable}}}
    {trust}
    timeout: 5s
"""

QUIET = "drift: {severity: {rules: {target-unknown: info, certificate-expiry: info}}}\n"
"""The lab's site has a name that leads nowhere and a certificate that ends soon: known, and no alarm."""


class SiteRepository:
    """A repository with only `config/` and `desired-state/`, as an operator has it."""

    def __init__(self, root: Path, monkeypatch) -> None:
        self.root = root
        self.monkeypatch = monkeypatch
        root.mkdir(parents=True, exist_ok=True)
        self.git("init", "--quiet", "--initial-branch=main")
        self.git("config", "user.name", "ann")
        self.git("config", "user.email", "ann@example.org")
        monkeypatch.chdir(root)
        self.write(".gitignore", "/public/\n")

    def git(self, *arguments: str) -> str:
        done = subprocess.run(["git", *arguments], cwd=self.root, check=True, capture_output=True, text=True)
        return done.stdout.strip()

    def write(self, name: str, text: str | bytes) -> None:
        path = self.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text if isinstance(text, bytes) else text.encode())

    def configure(self, *sources: str, history: str = "{}", more: str = "") -> None:
        self.write(
            "config/reconciler.yaml",
            f"site: lan-main\nhistory: {history}\n{more}sources:\n" + "".join(sources),
        )

    def source(self, lab: Lab, **changes: Any) -> str:
        """The config entry of a lab, with some of it changed; its secret goes to the environment."""
        name = changes.get("name", "pve")
        variable = changes.get("variable", f"{SECRET}_{name.upper()}")
        token_id = changes.get("token_id", lab.token_id)
        known = changes.get("secret") or (lab.secret(token_id) if "token_id" in changes else lab.token_secret)
        self.monkeypatch.setenv(variable, known)
        return SOURCE.format(
            name=name,
            hosts=changes.get("hosts", ", ".join(lab.hosts)),
            token_id=token_id,
            variable=variable,
            trust=changes.get("trust", f"ca_file: {lab.ca_file}"),
        )

    def declare_example(self, *sources: str) -> None:
        """The example's desired state of some sources; without any, of Proxmox VE alone."""
        for name, data in example_desired_state().items():
            if name.partition("/")[0] in (sources or ("pve",)):
                self.write(f"desired-state/{name}", data)

    def configure_all(self, lab: Lab) -> None:
        """The three systems of a lab, with all that is declared of them; nothing is pushed."""
        text = configuration(lab, "config/ca.pem").replace("history: {push: origin}\n", "")
        self.write("config/reconciler.yaml", text + QUIET)
        self.write("config/ca.pem", Path(lab.ca_file).read_bytes())
        for name, value in secrets_of(lab).items():
            self.monkeypatch.setenv(name, value)
        self.declare_example("pve", "unifi", "npm", "site")

    def leave_undeclared(self, name: str) -> None:
        """Remove a file of declarations, so that its kind is not compared."""
        (self.root / "desired-state" / name).unlink()
        self.commit()

    def commit(self, message: str = "change") -> str:
        self.git("add", "--all")
        self.git("commit", "--quiet", "--allow-empty", "--message", message)
        return self.git("rev-parse", "HEAD")

    def run(self, *arguments: str) -> int:
        return run(list(arguments))

    def report(self, branch: str = "drift-state") -> dict[str, Any]:
        document: dict[str, Any] = json.loads(self.git("show", f"{branch}:reports/latest/drift.json"))
        return document

    def yaml_files(self) -> list[Path]:
        """Every desired-state file."""
        return sorted((self.root / "desired-state").rglob("*.yaml"))

    def commits(self, branch: str = "drift-state") -> int:
        return int(self.git("rev-list", "--count", branch))
