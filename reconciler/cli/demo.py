"""`reconciler demo`: the main job on a simulated site, end to end, in a scratch folder.

The lab answers as a Proxmox VE cluster, a UniFi controller and an Nginx Proxy Manager would, over real TLS on
loopback; the job is what `reconciler run` does; the repository is a scratch clone of a bare remote, so that
record and push are real.
"""

import json
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from threading import Event
from typing import TYPE_CHECKING

import click

import reconciler
from reconciler.cli import reports
from reconciler.cli.context import Context, pass_context
from reconciler.cli.serve import PORT
from reconciler.errors import Problem, RecordError

if TYPE_CHECKING:
    from reconciler.config.file import Config
    from reconciler.jobs.run import Outcome
    from reconciler.lab import Lab
    from reconciler.model.findings import DriftReport

SECRET = "PVE_TOKEN_SECRET"  # noqa: S105  the name of a variable

NAME = "git.lan.example"
"""Whose way is shown."""

CONFIG = """\
site: lan-main
history: {{push: origin}}
fingerprint_key: ${{RECONCILER_FINGERPRINT_KEY}}
sources:
  - name: pve
    type: proxmox
    hosts: [{hosts}]
    token_id: {token_id}
    token_secret: ${{{secret}}}
    ca_file: {ca_file}
  - name: unifi
    type: unifi
    url: {unifi}
    api_key: ${{UNIFI_API_KEY}}
    ca_file: {ca_file}
  - name: npm
    type: npm
    url: {npm}
    username: reader@lan.example
    password: ${{NPM_PASSWORD}}
    ca_file: {ca_file}
"""


@click.command("demo")
@click.option("--keep", is_flag=True, help="Keep the site and a web server running until Ctrl-C.")
@pass_context
def command(context: Context, keep: bool) -> int:
    """Demonstrate the main job on a simulated site.

    Nothing outside a new scratch folder is touched.
    """
    try:
        from reconciler.lab import Lab
        from reconciler.lab.seed import seed
    except ModuleNotFoundError as error:
        message = f"the demo needs the lab's packages ({error.name}): in a clone, pip install '.[lab]'"
        raise click.ClickException(message) from error
    if shutil.which("git") is None:
        raise RecordError(Problem("git", "there is no such program in the PATH", "apt-get install git"))

    with Lab() as lab:
        config = scratch_site(lab, context)
        size = f"{len(lab.state.nodes)} nodes, {len(lab.state.guests)} guests"
        say(f"A simulated Proxmox VE cluster answers at https://{lab.hosts[0]} ({size}),")
        say(f"a UniFi controller at {lab.served('unifi').url}, a proxy manager at {lab.served('npm').url}.")
        before = job(config, lab, context, "First run, of the site as it is declared")
        show_known(before.report)
        click.echo(reports.recorded_sentence(before.written))
        say("\nThen people change the site by hand:")
        for line in seed(lab):
            click.echo(f"  {line}")
        changed = job(config, lab, context, "Second run")
        reports.show(changed.report)
        click.echo(reports.recorded_sentence(changed.written))
        same = job(config, lab, context, "Third run, on the unchanged site")
        click.echo(reports.recorded_sentence(same.written))
        show_trace(same.published.current / "v1")
        where(config, changed, keep=keep)
        if keep:
            stay(config, lab)
    return 0


def scratch_site(lab: "Lab", context: Context) -> "Config":
    """A bare remote and a clone of it with config and desired state, as a site's own repository has."""
    from reconciler import kinds
    from reconciler.config.file import load_config

    scratch = Path(tempfile.mkdtemp(prefix="reconciler-demo-"))
    clone = scratch / "site"
    git(scratch, "init", "--quiet", "--bare", "--initial-branch=main", "origin.git")
    git(scratch, "init", "--quiet", "--initial-branch=main", "site")
    git(clone, "remote", "add", "origin", "../origin.git")
    for name, value in (("user.name", "reconciler demo"), ("user.email", "demo@localhost")):
        git(clone, "config", name, value)
    (clone / ".gitignore").write_text("/public/\n")
    file = clone / "config" / "reconciler.yaml"
    file.parent.mkdir()
    (file.parent / "pve-root-ca.pem").write_bytes(Path(lab.ca_file).read_bytes())
    file.write_text(configuration(lab, "config/pve-root-ca.pem"))
    loaded = load_config(file, kinds.settings())
    desired = clone / "desired-state"
    for path, data in example_desired_state().items() or _adopted(loaded, lab, context).items():
        target = desired / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(data)
    git(clone, "add", "--all")
    git(clone, "commit", "--quiet", "--message", "The site as it should be")
    git(clone, "push", "--quiet", "origin", "main")
    return loaded


def example_desired_state() -> dict[str, bytes]:
    """The `desired-state/` of this checkout, which describes the lab's site; empty in an installed wheel."""
    from reconciler.desired.directory import read_directory

    checkout = Path(reconciler.__file__).parent.parent
    directory = checkout / "desired-state"
    if not (checkout / "pyproject.toml").is_file() or not directory.is_dir():
        return {}
    return read_directory(directory)


def _adopted(loaded: "Config", lab: "Lab", context: Context) -> dict[str, bytes]:
    from reconciler.jobs.adopt import adopt_live

    with context.progress() as progress:
        adoption = adopt_live(loaded, secrets_of(lab), progress, frozenset())
    return {path: text.encode() for path, text in adoption.files.items()}


def configuration(lab: "Lab", ca_file: str) -> str:
    """`config/reconciler.yaml` for the lab's site."""
    return CONFIG.format(
        hosts=", ".join(lab.hosts),
        token_id=lab.token_id,
        secret=SECRET,
        ca_file=ca_file,
        unifi=lab.served("unifi").url,
        npm=lab.served("npm").url,
    )


def secrets_of(lab: "Lab") -> dict[str, str]:
    """Return the secrets that the configuration refers to."""
    return {
        SECRET: lab.token_secret,
        "UNIFI_API_KEY": lab.secrets["unifi"],
        "NPM_PASSWORD": lab.secrets["npm"],
        "RECONCILER_FINGERPRINT_KEY": "a key for the demo only, of enough characters",
    }


def job(config: "Config", lab: "Lab", context: Context, title: str) -> "Outcome":
    """One run of the main job."""
    from reconciler.jobs.run import run

    say(f"\n{title}: reconciler run")
    with context.progress() as progress:
        return run(config, secrets_of(lab), progress, frozenset())


def show_known(report: "DriftReport") -> None:
    """Print the headline of a report and each finding by name, in one line."""
    click.echo(report.summary.headline)
    for finding in report.active:
        click.echo(f"  known before: {finding.key} {finding.type}: {finding.title}")


def show_trace(tree: Path) -> None:
    """Print the path of one public name through the site, as it is published."""
    from reconciler.report import trace

    say(f"\nTrace of {NAME} to the switch port")
    portmap = json.loads((tree / "portmap/joined.json").read_bytes())["data"]
    path = next(each for each in portmap["paths"] if each["name"] == NAME)
    names: dict[str, str] = {}
    for kind in ("guests", "switch-ports"):
        for row in json.loads((tree / f"inventory/{kind}.json").read_bytes())["data"]["resources"]:
            fields = row["fields"] or {}
            names[row["key"]] = ": ".join(fields[each] for each in ("device", "name") if fields.get(each))
    trace.show(path, names, sys.stdout)
    click.echo(f"  every name, and what depends on each port: {tree}/portmap/joined.json")


def where(config: "Config", outcome: "Outcome", *, keep: bool) -> None:
    """Print where everything is, as commands to see it."""
    scratch = config.root.parent
    say("\nWhere it is")
    click.echo(f"  the published tree   {outcome.published.current}/v1")
    click.echo(f"  the report           git -C {config.root} show origin/drift-state:reports/latest/drift.md")
    click.echo(f"  the commit           git -C {config.root} show --stat {outcome.written.commit}")
    click.echo(f"  the desired state    {config.desired_directory}")
    if not keep:
        click.echo(f"  in a browser         {this_program()} serve --directory {config.publish_directory}")
        click.echo(f"  then open            http://127.0.0.1:{PORT}/")
        click.echo(f"  and stay up          {this_program()} demo --keep")
    click.echo(f"  when you are done    rm -r {scratch}")


def stay(config: "Config", lab: "Lab") -> None:
    """Serve the tree until Ctrl-C, with the lab to change and run against again."""
    from reconciler.publish.serve.server import ReleaseServer

    with ReleaseServer(config.publish_directory) as server:
        say(f"\nOpen {server.url}/ in a browser; documents are below /v1 (Ctrl-C ends it)")
        again = f"{this_program()} --config {config.file} run"
        exports = " ".join(f"{name}={value}" for name, value in secrets_of(lab).items())
        click.echo(f"  run it again with    {exports} {again}")
        Event().wait()


def this_program() -> str:
    """How to call `reconciler` from here: by its name where the PATH knows it."""
    if shutil.which("reconciler"):
        return "reconciler"
    program = Path(sys.executable).with_name("reconciler")
    return os.path.relpath(program) if program.is_file() else f"{sys.executable} -m reconciler"


def say(text: str) -> None:
    """A line that guides through the demo."""
    click.secho(text, bold=True)


def git(directory: Path, *arguments: str) -> None:
    """Run git for the scratch site."""
    subprocess.run(["git", *arguments], cwd=directory, check=True)  # noqa: S603, S607
