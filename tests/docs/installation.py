"""docs/install.md, followed from nothing: its blocks, with the addresses and folders of a test."""

import os
import re
import subprocess
import sys
from base64 import b64encode
from pathlib import Path

from reconciler.cli.demo import secrets_of
from tests.terminal import on_a_terminal
from tests.workflows.forge import TOKEN, Forge

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "install.md"
_ADDRESSES = ("r630-01.lan", "https://192.168.11.1", "https://192.168.11.167:81")
_PATH = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
_PERSON = {
    f"GIT_{role}_{what}": f"ann{end}"
    for role in ("AUTHOR", "COMMITTER")
    for what, end in (("NAME", ""), ("EMAIL", "@example.org"))
}
_PLACES = ("/opt/reconciler", "/usr/local/bin/reconciler")


def blocks(*titles: str) -> list[str]:
    """The blocks without a language, which are those that are run, below these headings or all."""
    found = []
    for part in re.split(r"^## ", PAGE.read_text(), flags=re.MULTILINE)[1:]:
        title, _, text = part.partition("\n")
        if not titles or title in titles:
            fences = re.findall(r"^```(\w*)\n(.*?)^```$", text, flags=re.MULTILINE | re.DOTALL)
            found += [block for language, block in fences if not language]
    return found


class Reader:
    """Someone who does what the page has, in a folder."""

    def __init__(self, folder: Path, forge: Forge) -> None:
        self.folder, self.forge = folder, forge
        self.folder.mkdir()
        login = b64encode(f"x-access-token:{TOKEN}".encode()).decode()
        settings = {
            f"url.{forge.server.url}/.insteadOf": "https://git.lan/",
            f"http.{forge.server.url}/.extraHeader": f"Authorization: Basic {login}",
        }
        self.environment = {"GIT_CONFIG_COUNT": str(len(settings)), "GIT_PAGER": "cat"}
        self.environment["PIP_CACHE_DIR"] = f"{Path.home()}/.cache/pip"
        for number, (name, value) in enumerate(settings.items()):
            self.environment |= {f"GIT_CONFIG_KEY_{number}": name, f"GIT_CONFIG_VALUE_{number}": value}
        self.environment |= {name: value for name, value in os.environ.items() if name.startswith("PIP_")}

    def follow(self, block: str, **environment: str) -> str:
        """Run a block; returns what it prints. The test fails where a line of it does."""
        done = subprocess.run(
            ["bash", "-e"],
            input=self.here(block),
            cwd=self.folder,
            env={"PATH": _PATH, "HOME": str(self.folder), **_PERSON, **self.environment, **environment},
            capture_output=True,
            text=True,
            check=False,
            timeout=200,
        )
        assert done.returncode == 0, f"{block}\n{done.stdout}\n{done.stderr}"
        return done.stdout

    def answer(self, block: str) -> None:
        """Run a block that asks questions, and answer yes."""
        answers = {"[y/N]:": "y", "[Y/n]:": "y"}
        code, shown = on_a_terminal(self.here(block), self.folder, answers, environment=self.environment)
        assert code == 0, f"{block}\n{shown}"

    def here(self, block: str) -> str:
        """The same block with what is true here."""
        lab = self.forge.lab
        there = (lab.hosts[0], lab.served("unifi").url, lab.served("npm").url)
        for name, address in zip(_ADDRESSES, there, strict=True):
            block = re.sub(rf" {re.escape(name)}(?=\s)", f" {address}", block)
        secrets = secrets_of(lab) | {"NPM_USER": "reader@lan.example"}
        block = re.sub(r"(\w+)=…", lambda match: f"{match[1]}='{secrets[match[1]]}'", block)
        assert "…" not in block
        return re.sub(rf"(?<![\w.])(?=(?:{'|'.join(_PLACES)}))", str(self.folder / "root"), block)


def packed(target: Path) -> None:
    """Write the tool as its repository has it: what git tracks, and no more."""
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"],
        cwd=ROOT,
        check=True,
        capture_output=True,
        text=True,
    ).stdout.split("\0")
    for name in filter(None, listed):
        if (ROOT / name).is_file() and not name.startswith("tests/"):
            (target / name).parent.mkdir(parents=True, exist_ok=True)
            (target / name).write_bytes((ROOT / name).read_bytes())
