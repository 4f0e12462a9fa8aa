"""`reconciler init`: a new site's repository, from the servers that it names."""

import os
import re
import sys
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from reconciler.cli.certificates import certificate_lines
from reconciler.cli.context import DEFAULT_CONFIG, Context, pass_context
from reconciler.errors import Problem, ReconcilerError, UsageError
from reconciler.text import enumerated

if TYPE_CHECKING:
    from reconciler.jobs.contact import FoundServer
    from reconciler.jobs.init import AskedSource, NewSite

_HEX = re.compile(r"[0-9A-F]{64}")
_SECRET = re.compile(r"secret|password|api-?key|token(?!-id)|credential", re.IGNORECASE)
TOKEN_ID = "reconciler@pve!drift"  # noqa: S105  its name, as docs/accounts.md makes it
_QUESTIONS = {
    "proxmox": "Proxmox VE hosts (host or host:port, several with spaces; empty: none)",
    "unifi": "UniFi controller (such as https://192.168.11.1; empty: none)",
    "npm": "Nginx Proxy Manager (such as http://192.168.11.167:81; empty: none)",
}
_VOUCHED = {
    "system": ", with a certificate that a CA of this machine vouches for",
    "ca_file": ", with a certificate that --ca-file vouches for",
}
_HINTS = {
    "proxmox": (
        "`pvenode cert info` shows it on the node. A copy of /etc/pve/pve-root-ca.pem, named with --ca-file,",
        "vouches for all nodes, and for their next certificates too.",
    )
}


@dataclass(frozen=True, slots=True)
class InitOptions:
    """The options of the command line."""

    proxmox: tuple[str, ...]
    token_id: str
    unifi: str | None
    npm: str | None
    site: str | None
    ca_file: Path | None
    accepted: frozenset[str]
    yes: bool


class InitCommand(click.Command):
    """Explains where secrets go, to those who look for an option for them."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Parse the options."""
        try:
            return super().parse_args(ctx, args)
        except click.NoSuchOption as error:
            if not _SECRET.search(error.option_name):
                raise
            what = "is not an option: secrets are read from the environment, and never from a command line"
            remedy = "export them; replace one that you typed, because the shell's history has it now"
            raise UsageError(Problem(error.option_name, what, remedy)) from None


def _fingerprints(
    _context: click.Context, _option: click.Parameter, values: tuple[str, ...]
) -> frozenset[str]:
    """Return SHA-256 fingerprints in the form that `fingerprint:` takes, from any common one."""
    found = set()
    for value in values:
        digits = re.sub(r"^.*[=\s]", "", value.strip().upper().removeprefix("SHA256:")).replace(":", "")
        if not _HEX.fullmatch(digits):
            message = "is not a SHA-256 fingerprint: 64 hex digits, with or without colons"
            raise click.BadParameter(message)
        found.add(":".join(digits[at : at + 2] for at in range(0, 64, 2)))
    return frozenset(found)


@click.command("init", cls=InitCommand)
@click.option(
    "--proxmox", multiple=True, metavar="HOST", help="Node of a Proxmox VE cluster; may be repeated."
)
@click.option(
    "--token-id", default=TOKEN_ID, show_default=True, help="API token for the cluster, without the secret."
)
@click.option("--unifi", metavar="URL", help="A UniFi Network controller: https://192.168.11.1")
@click.option("--npm", metavar="URL", help="An Nginx Proxy Manager: http://192.168.11.167:81")
@click.option("--site", metavar="NAME", help="Name of the site.  [default: the name of the folder]")
@click.option(
    "--ca-file",
    type=click.Path(path_type=Path),
    help="Trust certificates signed by this CA: a copy of /etc/pve/pve-root-ca.pem. The file is "
    "copied to config/.",
)
@click.option(
    "--accept-fingerprint",
    "accepted",
    multiple=True,
    metavar="SHA256",
    callback=_fingerprints,
    help="Trust the certificate with this fingerprint, if a server presents it; may be repeated.",
)
@click.option("--yes", is_flag=True, help="Do not ask: trust every certificate that a server presents now.")
@pass_context
def command(context: Context, /, **given: Any) -> int:
    """Create the repository of a new site in this folder.

    Contacts the given servers (without options, it asks for them on a terminal), shows the certificates
    that no CA vouches for, and asks you to confirm each. Then it writes config/reconciler.yaml,
    .gitignore, the workflows and the web server configurations, and creates a git repository if there is
    none: all or nothing. Existing files are kept. It never asks for secrets; it lists the environment
    variables to export.
    """
    if context.named is not None:
        message = f"a new site has its configuration in {DEFAULT_CONFIG}: leave out --config"
        raise click.UsageError(message)
    try:
        _make(context, InitOptions(**given), Path.cwd())
    except click.Abort as error:
        error.add_note("nothing was written")
        raise
    return 0


def _make(context: Context, asked: InitOptions, root: Path) -> None:
    from reconciler.jobs import init as job

    repository = job.check_folder(root)
    site = job.site_name(asked.site, root)
    exists = os.path.lexists(root / DEFAULT_CONFIG)
    if not (asked.proxmox or asked.unifi or asked.npm or exists):
        asked = _ask(asked)
    sources = job.asked_sources(_split(asked.proxmox), asked.token_id, asked.unifi, asked.npm)
    place, more = job.read_ca(asked.ca_file, root) if asked.ca_file else (None, {})
    with context.progress() as progress:
        if sources:
            progress.step(f"contacting {enumerated([url for each in sources for url in each.urls], 20)}")
        servers = _servers(sources, asked.ca_file)
    _confirm(servers, asked.accepted, yes=asked.yes)
    if (
        repository
        and not asked.yes
        and _asks()
        and not click.confirm(f"Make a git repository in {root}?", default=True)
    ):
        what = "a site is a git repository, so nothing was written"
        raise ReconcilerError(Problem(str(root), what, "make one with `git init`, then run this again"))
    config, entries = job.configuration(site, _remote(root), sources, servers, place)
    new = job.plan(root, config, more)
    branch = job.write(new, repository=repository)
    _report(new, branch, entries if exists else "")
    _next(root)


def _asks() -> bool:
    """Return whether a person can answer: a terminal at both ends, and no CI."""
    ends = (sys.stdin, sys.stdout)
    return all(end is not None and end.isatty() for end in ends) and not os.environ.get("CI")


def _split(hosts: Sequence[str]) -> list[str]:
    return [host for each in hosts for host in re.split(r"[,\s]+", each) if host]


def _ask(asked: InitOptions) -> InitOptions:
    """Ask for the servers; raises `UsageError` where no one can answer, or none is named."""
    from reconciler.jobs.contact import OPTIONS

    problem = Problem("init", "no source is named", f"name at least one with {', '.join(OPTIONS.values())}")
    if not _asks():
        raise UsageError(problem)
    answers = {
        name: click.prompt(question, default="", show_default=False).strip()
        for name, question in _QUESTIONS.items()
    }
    if not any(answers.values()):
        raise UsageError(problem)
    hosts = tuple(answers.pop("proxmox").split())
    return replace(asked, proxmox=hosts, unifi=answers["unifi"], npm=answers["npm"])


def _servers(sources: Sequence["AskedSource"], ca_file: Path | None) -> list["FoundServer"]:
    """Contact every server; raises `ReconcilerError` with the problem of each that cannot be used."""
    from reconciler.jobs.contact import contact

    found = contact([(source.system, url) for source in sources for url in source.urls], ca_file)
    if problems := [each for each in found if isinstance(each, Problem)]:
        raise ReconcilerError(problems)
    return [each for each in found if not isinstance(each, Problem)]


def _confirm(servers: Sequence["FoundServer"], accepted: frozenset[str], *, yes: bool) -> None:
    """Show each certificate that no CA vouches for; raises `ReconcilerError` for those not confirmed."""
    from reconciler.kinds import SYSTEMS

    together: dict[str, list[FoundServer]] = {}
    for server in servers:
        note = _VOUCHED.get(server.vouched_by or "", "")
        if server.certificate is None:
            note = "; it has no TLS, so the login is sent unencrypted"
        click.echo(f"{server.url} is {SYSTEMS[server.system].title}{note}")
        if server.to_confirm is not None:
            together.setdefault(server.to_confirm.fingerprint, []).append(server)
    refused = []
    for fingerprint, each in together.items():
        urls = enumerated([server.url for server in each], 20)
        _show(urls, each[0])
        if fingerprint in accepted:
            click.echo("  accepted: --accept-fingerprint names it")
        elif yes:
            click.echo("  accepted as it is (--yes): compare it with what the server itself shows")
        elif not (_asks() and click.confirm("Does the server show the same, and is it to be trusted?")):
            what = "the certificate is not confirmed, so nothing was written"
            remedy = f"compare it on the server, then add --accept-fingerprint {fingerprint}"
            refused.append(Problem(urls, what, remedy))
    if refused:
        raise ReconcilerError(refused)


def _show(urls: str, server: "FoundServer") -> None:
    assert server.certificate is not None
    click.echo(f"\nNo CA vouches for the certificate of {urls}: {server.doubt}")
    for line in certificate_lines(server.certificate):
        click.echo(f"  {line}")
    for line in _HINTS.get(server.system, ()):
        click.echo(f"  {line}")


def _remote(root: Path) -> str | None:
    from reconciler.record.create import has_remote

    return "origin" if (root / ".git").exists() and has_remote(root, "origin") else None


def _report(new: "NewSite", branch: str | None, entries: str) -> None:
    """Print what was made and what was kept."""
    from reconciler.jobs.init import IGNORE, PUBLISHED

    if branch is not None:
        click.echo(f"made a git repository, with the branch {branch}")
    for path in new.contents:
        click.echo(f"wrote {path}")
    for path in new.kept:
        lacks = path == IGNORE and PUBLISHED not in _text(new.root / path).split()
        click.echo(f"kept  {path}: it exists" + (f"; add the line {PUBLISHED} to it" if lacks else ""))
    if entries:
        click.echo(f"to read these servers, add under `sources:` of {DEFAULT_CONFIG}:\n{entries}", nl=False)


def _text(file: Path) -> str:
    """Return the text of a file that exists; nothing of one that cannot be read."""
    from reconciler import files

    with suppress(OSError):
        return files.read_regular(file, 2**20, cut=True).decode(errors="replace")
    return ""


def _next(root: Path) -> None:
    """Print the commands that follow."""
    from reconciler.jobs.init import variables
    from reconciler.record.create import has_identity

    click.echo("\nNext:")
    for name, hint in variables(_text(root / DEFAULT_CONFIG)).items():
        if not os.environ.get(name):
            value = "$(openssl rand -hex 32)" if name.endswith("FINGERPRINT_KEY") else "…"
            click.echo(f"  export {name}={value}" + (f"  # {hint}" if hint else ""))
    if not has_identity(root):
        click.echo("  git config user.name NAME && git config user.email ADDRESS")
    click.echo("  reconciler doctor           # checks everything that a run needs")
    click.echo("  reconciler adopt --write    # declares the site as it is now")
