"""A new site: its configuration, and the files around it, from the servers that it names."""

import json
import os
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from string import Template
from typing import Any

from pydantic import ValidationError

from reconciler import files
from reconciler.collectors.http.tls_context import MAX_CA_BYTES
from reconciler.config.settings import SourceSettings
from reconciler.errors import Problem, ReconcilerError, UsageError
from reconciler.jobs.contact import OPTIONS, FoundServer
from reconciler.jobs.new_files import obstacles, packaged_files, written
from reconciler.kinds import SYSTEMS
from reconciler.text import printable, shown

CONFIG = "config/reconciler.yaml"
IGNORE = ".gitignore"
PUBLISHED = "/public/"
LONGEST_NAME = 100
_COLLECTORS = Path(__file__).parent.parent / "collectors"
_PLAIN = re.compile(r"[A-Za-z](?:[A-Za-z0-9_./@!:-]*[A-Za-z0-9])?")
_WORDS = frozenset({"null", "true", "false", "yes", "no", "on", "off", "y", "n"})
"""Plain words that some YAML reader takes for something else than text."""
_FILE_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]*")
_VARIABLE = re.compile(r"\$\{(\w+)\}(?: +# (.*))?$", re.MULTILINE)
_SECRETS: Mapping[str, Mapping[str, str]] = {
    "proxmox": {"token_secret": "${PVE_TOKEN_SECRET}"},
    "unifi": {"api_key": "${UNIFI_API_KEY}"},
    "npm": {"username": "${NPM_USER}", "password": "${NPM_PASSWORD}"},
}


@dataclass(frozen=True, slots=True)
class AskedSource:
    """A source that a person asked for, with valid values."""

    system: str
    settings: SourceSettings
    urls: tuple[str, ...]


def asked_sources(
    proxmox: Sequence[str], token_id: str, unifi: str | None, npm: str | None
) -> list[AskedSource]:
    """Return the sources to configure; raises `UsageError` with every value that cannot be one.

    No message repeats a value: people type passwords in URLs.
    """
    wanted: dict[str, dict[str, Any]] = {}
    if proxmox:
        wanted["proxmox"] = {"hosts": [_bracketed(host) for host in proxmox], "token_id": token_id}
    wanted |= {name: {"url": url} for name, url in (("unifi", unifi), ("npm", npm)) if url}
    found: list[AskedSource] = []
    problems: list[Problem] = []
    for system, values in wanted.items():
        entry = {"name": "x", "type": system, **values, **_SECRETS[system]}
        try:
            settings = SYSTEMS[system].settings.model_validate(entry)
        except ValidationError as error:
            problems += _mistakes(system, values, error)
            continue
        hosts = getattr(settings, "hosts", None)
        urls = tuple(f"https://{host}" for host in hosts) if hosts else (settings.url,)
        found.append(AskedSource(system, settings, urls))
    if problems:
        raise UsageError(problems)
    return found


def _bracketed(host: str) -> str:
    """Return a host, with the brackets that an IPv6 address needs."""
    text = host.strip()
    return f"[{text}]" if text.count(":") > 1 and not text.startswith("[") else text


def _mistakes(system: str, values: Mapping[str, Any], error: ValidationError) -> Iterable[Problem]:
    for each in error.errors(include_url=False, include_input=False):
        name, *rest = each["loc"] or ("",)
        option = "--token-id" if name == "token_id" else OPTIONS[system]
        what = each["msg"].removeprefix("Value error, ")
        value = values.get(str(name))
        value = value[rest[0]] if isinstance(value, list) and rest and isinstance(rest[0], int) else value
        if not isinstance(value, str) or "@" in value or "=" in value:
            remedy = "if it held a secret, replace that: the shell's history has it now"
            yield Problem(option, what, remedy if isinstance(value, str) and _has_secret(value) else "")
        else:
            yield Problem(option, f"{shown(value)} {what}")


def _has_secret(value: str) -> bool:
    """Return whether a value may hold a password (`https://user:password@host`) or a token's secret."""
    return "=" in value or re.search(r"//[^/]*:[^/]*@", value) is not None


def site_name(given: str | None, root: Path) -> str:
    """Return the name of the site, as given or that of its folder; raises `UsageError` if it is not one."""
    if given is None:
        return root.name[:LONGEST_NAME].strip() or "site"
    if not given.strip() or not given.isprintable() or len(given) > LONGEST_NAME:
        what = f"is not a name: 1 to {LONGEST_NAME} characters, on one line"
        raise UsageError(Problem("--site", what, "choose another"))
    return given.strip()


def configuration(
    site: str,
    push: str | None,
    sources: Sequence[AskedSource],
    servers: Sequence[FoundServer],
    ca_file: str | None,
) -> tuple[str, str]:
    """Return the text of the configuration, and of its entries under `sources:` only."""
    entries = "".join(
        _entry(source, [server for server in servers if server.system == source.system], ca_file)
        for source in sources
    )
    template = Template((Path(__file__).parent / "reconciler.tmpl").read_text(encoding="utf-8"))
    return template.substitute(site=_scalar(site), push=push or "null", sources=entries.rstrip()), entries


def _entry(source: AskedSource, servers: Sequence[FoundServer], ca_file: str | None) -> str:
    place = _COLLECTORS / source.system / "connection" / "entry.tmpl"
    settings = source.settings
    hosts = ", ".join(_scalar(host) for host in getattr(settings, "hosts", ()))
    return Template(place.read_text(encoding="utf-8")).substitute(
        hosts=f"[{hosts}]",
        url=_scalar(getattr(settings, "url", "")),
        token_id=_scalar(getattr(settings, "token_id", "")),
        trust=_trust(servers, ca_file),
    )


def _trust(servers: Sequence[FoundServer], ca_file: str | None) -> str:
    """Return the line that makes a source's certificates trusted; a comment where none is needed."""
    prints = [server.certificate.fingerprint for server in servers if server.certificate]
    by = {server.vouched_by for server in servers}
    if not prints:
        return "# no TLS: the login is sent unencrypted"
    if by == {"system"}:
        return "# its certificate is trusted by a CA of the system"
    if by == {"ca_file"} or (by == {"ca_file", "system"} and ca_file):
        return f"ca_file: {_scalar(ca_file or '')}"
    if len(set(prints)) == 1:
        return f'fingerprint: "{prints[0]}"  # SHA-256 of its certificate'
    lines = "".join(f'\n      - "{each}"' for each in prints)
    return f"fingerprint:  # SHA-256 of the certificate of each host, in their order{lines}"


def _scalar(text: str) -> str:
    """Return a text as YAML writes it: quoted as in JSON unless it is a plain word."""
    plain = _PLAIN.fullmatch(text) and text.lower() not in _WORDS
    return text if plain else json.dumps(text, ensure_ascii=not text.isprintable())


def variables(text: str) -> dict[str, str]:
    """Return the environment variables that a configuration refers to, each with its comment."""
    return {match[1]: match[2] or "" for match in _VARIABLE.finditer(text)}


def read_ca(file: Path, root: Path) -> tuple[str, dict[str, bytes]]:
    """Return the path of a CA file in the repository, and the copy to write if it lies elsewhere.

    Raises `ReconcilerError` for a file that cannot be read, or that has a private key in it.
    """
    subject = f"--ca-file {printable(str(file))}"
    try:
        content = files.read_regular(file, MAX_CA_BYTES)
    except OSError as error:
        what = f"cannot be read: {error.strerror or error}"
        raise ReconcilerError(Problem(subject, what, "name a CA certificate in PEM form")) from error
    if b"PRIVATE KEY-----" in content:
        remedy = "name a file with only the certificate: a repository must never hold the key"
        raise ReconcilerError(Problem(subject, "holds a private key", remedy))
    inside = file.resolve()
    if inside.is_relative_to(root.resolve()):
        return inside.relative_to(root.resolve()).as_posix(), {}
    name = file.name if _FILE_NAME.fullmatch(file.name) else "ca.pem"
    return f"config/{name}", {f"config/{name}": content}


@dataclass(frozen=True, slots=True)
class NewSite:
    """The files of a new site: those to write, and those that exist and are kept."""

    root: Path
    contents: Mapping[str, bytes]
    kept: tuple[str, ...]


def plan(root: Path, config: str, more: Mapping[str, bytes]) -> NewSite:
    """Return the files to write; raises `ReconcilerError` with everything that is in the way."""
    wanted = {CONFIG: config.encode(), **more, IGNORE: f"{PUBLISHED}\n".encode(), **packaged_files()}
    kept = tuple(path for path in wanted if os.path.lexists(root / path))
    contents = {path: content for path, content in wanted.items() if path not in kept}
    if problems := list(obstacles(root, contents)):
        raise ReconcilerError(problems)
    return NewSite(root, contents, kept)


def write(site: NewSite, *, repository: bool) -> str | None:
    """Write the files, and make a git repository if asked: all, or nothing. Returns its branch."""
    from reconciler.record.create import create_repository

    with written(site.root, site.contents):
        return create_repository(site.root) if repository else None


def check_folder(root: Path) -> bool:
    """Return whether a git repository has to be made; raises `ReconcilerError` where a site cannot be.

    That is below the top of another repository, and in a folder that holds other things.
    """
    subject = printable(str(root))
    if subject != str(root):
        what = "has characters in its path that cannot be printed"
        raise ReconcilerError(Problem(subject, what, "use another folder"))
    if (root / ".git").exists():
        return False
    above = next((folder for folder in root.parents if (folder / ".git").exists()), None)
    if above is not None:
        what = f"lies in the repository {above}, and a site is at the top of one"
        remedy = f"run it in {above}, or `git init` here first if this is to be a repository of its own"
        raise ReconcilerError(Problem(subject, what, remedy))
    if any(root.iterdir()):
        what = "is neither empty nor a git repository"
        raise ReconcilerError(Problem(subject, what, "use an empty folder, or `git init` here first"))
    return True
