"""docs/deploy.md, run in a scratch root: its blocks are run as they stand, with the paths of that root.

What needs a whole host is replaced: packages, users and owners are only noted; `systemctl start` does what
the installed unit says; the Git server is a bare repository.
"""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "deploy.md"
_PLACES = ("/opt/reconciler", "/srv/drift", "/etc/", "/usr/local/src")
_NOTED = ("apt-get", "useradd", "chgrp", "nginx", "caddy", "curl")
_REPLACED = {
    "install": """\
words=()
while [ $# -gt 0 ]; do
    case "$1" in -o|-g) shift 2 ;; *) words+=("$1"); shift ;; esac
done
exec /usr/bin/install "${words[@]}"
""",
    "runuser": """\
[ "$1 $2 $3" = "-u reconciler --" ] || exit 64
shift 3
exec "$@"
""",
    "ssh-keyscan": """\
echo "${@: -1} $(cut -d" " -f1,2 "$SCRATCH/etc/reconciler/deploy_key.pub")"
""",
    "editor": """\
cat "$SCRATCH/secrets" > "$1"
""",
    "python3": """\
[ "$1 $2" = "-m venv" ] || exec {python} "$@"
mkdir -p "$3/bin"
cp "$SCRATCH/shims/pip" "$3/bin/pip"
""",
    "pip": """\
[ -f pyproject.toml ] || exit 1
tool="$(dirname "$0")/reconciler"
printf '#!/bin/sh\\nexec {python} -m reconciler "$@"\\n' > "$tool"
chmod 0755 "$tool"
""",
    "systemctl": """\
echo "systemctl $*" >> "$SCRATCH/noted"
[ "$1" = start ] || exit 0
exec {python} -m tests.docs.deployment "$SCRATCH" "$2"
""",
    "systemd-run": """\
for word; do
    case "$word" in
    --working-directory=*) cd "${word#*=}" ;;
    --property=EnvironmentFile=*) set -a; . "${word#*=*=}"; set +a ;;
    --*) ;;
    *) break ;;
    esac
    shift
done
exec "$@"
""",
}


def blocks(*titles: str) -> list[str]:
    """The shell blocks below these headings, in order; all without a heading."""
    found = []
    for part in re.split(r"^## ", PAGE.read_text(), flags=re.MULTILINE)[1:]:
        title, _, text = part.partition("\n")
        if not titles or title in titles:
            fences = re.findall(r"^```(\w*)\n(.*?)^```$", text, flags=re.MULTILINE | re.DOTALL)
            found += [block for language, block in fences if not language]
    return found


class ScratchHost:
    """A root folder in which blocks are run."""

    def __init__(self, root: Path, remote: Path) -> None:
        self.root = root
        self._environment = {
            "PATH": f"{root}/shims:{os.environ['PATH']}",
            "HOME": str(root),
            "SCRATCH": str(root),
            "PYTHONPATH": str(ROOT),
            "GIT_CONFIG_NOSYSTEM": "1",
            "GIT_CONFIG_COUNT": "2",
            "GIT_CONFIG_KEY_0": f"url.{remote}.insteadOf",
            "GIT_CONFIG_VALUE_0": "ssh://git@git.lan/infra/site.git",
            "GIT_CONFIG_KEY_1": f"url.{root}/tool.insteadOf",
            "GIT_CONFIG_VALUE_1": "https://git.lan/infra/reconciler.git",
        }
        for folder in (
            "shims",
            "opt",
            "etc/systemd/system",
            "etc/nginx/conf.d",
            "etc/caddy",
            "usr/local/src",
            "srv",
        ):
            (root / folder).mkdir(parents=True)
        for name in _NOTED:
            self._shim(name, f'echo "{name} $*" >> "$SCRATCH/noted"\n')
        for name, text in _REPLACED.items():
            self._shim(name, text.replace("{python}", sys.executable))
        self._tool()

    def run(self, block: str) -> str:
        """Run the lines of a block; returns what they print. The test fails where one of them does."""
        done = subprocess.run(
            ["bash", "-euo", "pipefail", "-c", self.here(block)],
            cwd=self.root,
            env=self._environment,
            capture_output=True,
            text=True,
            check=False,
            timeout=300,
        )
        assert done.returncode == 0, f"{block}\n{done.stdout}\n{done.stderr}"
        return done.stdout

    def here(self, text: str) -> str:
        """The same text with paths of this root."""
        return re.sub(rf"(?<![\w.])(?=(?:{'|'.join(_PLACES)}))", str(self.root), text)

    @property
    def noted(self) -> list[str]:
        """The commands that were only noted."""
        return (self.root / "noted").read_text().splitlines()

    def _shim(self, name: str, text: str) -> None:
        path = self.root / "shims" / name
        path.write_text(f"#!/bin/bash\n{text}")
        path.chmod(0o755)

    def _tool(self) -> None:
        """The repository of the tool, as far as these commands use it."""
        tool = self.root / "tool"
        tool.mkdir()
        (tool / "reconciler").mkdir()
        for name in ("pyproject.toml", "constraints.txt", "reconciler/__init__.py"):
            shutil.copy(ROOT / name, tool / name)
        shutil.copytree(ROOT / "config", tool / "config")
        for path in (*(tool / "config/systemd").iterdir(), *(tool / "config/web").iterdir()):
            path.write_text(self.here(path.read_text()))
        for words in (("init", "--quiet"), ("add", "--all"), ("commit", "--quiet", "--message", "tool")):
            who = ("-c", "user.name=ann", "-c", "user.email=ann@example.org")
            subprocess.run(["git", *who, *words], cwd=tool, env=self._environment, check=True)


def start(root: Path, unit: str) -> int:
    """Do what an installed service says, as `systemctl start` would; returns its exit code."""
    text = (root / "etc/systemd/system" / unit).read_text()
    environment = dict(os.environ)
    folder, good = "/", {0}
    for name, value in re.findall(r"^(\w+)=(.*)$", text, flags=re.MULTILINE):
        if name == "WorkingDirectory":
            folder = value
        elif name == "SuccessExitStatus":
            good.add(int(value))
        elif name == "Environment":
            environment.update([value.strip('"').split("=", 1)])
        elif name == "EnvironmentFile":
            lines = Path(value).read_text().splitlines()
            environment.update(dict(line.split("=", 1) for line in lines))
        elif name in {"ExecStartPre", "ExecStart"}:
            done = subprocess.run(value.lstrip("-").split(), cwd=folder, env=environment, check=False)
            if done.returncode not in good and not value.startswith("-"):
                return done.returncode
    return 0


if __name__ == "__main__":
    sys.exit(start(Path(sys.argv[1]), sys.argv[2]))
