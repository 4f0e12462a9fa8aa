"""`reconciler doctor`: checks of each source, for people who set it up."""

from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING

import click

from reconciler.cli.context import Context, pass_context
from reconciler.errors import Problem

if TYPE_CHECKING:
    from reconciler.model.check import Check
    from reconciler.model.snapshot import Scope, Snapshot

_COLOURS = {"ok": "green", "warning": "yellow", "bad": "red"}
_COLUMN = 17


@click.command("doctor")
@click.option(
    "--format",
    "form",
    type=click.Choice(["text", "json"]),
    default="text",
    show_default=True,
    help="Output format.",
)
@pass_context
def command(context: Context, form: str) -> int:
    """Check that each source can be read, and list what a run would be missing.

    Hosts, TLS, clock, rights, quorum, and each list. Exit code 3 when a run would be incomplete, 1
    when no source can be read.
    """
    from reconciler import files
    from reconciler.config.file import SITE
    from reconciler.drift.exit_code import exit_code
    from reconciler.jobs.doctor import check_site, check_sources

    config = context.config()
    with context.progress() as progress:
        of_site = check_site(config, context.environment)
        checks, snapshot = check_sources(config, context.environment, progress)
    if form == "json":
        click.echo(files.canonical(_document(of_site, checks, snapshot)).decode(), nl=False)
    else:
        for name, found in checks.items():
            _print(name, found, [scope for scope in snapshot.scopes if scope.source == name])
        _print(SITE, of_site, [])
    statuses = {source.status for source in snapshot.run.sources.values()}
    bad = any(check.state == "bad" for found in (of_site, *checks.values()) for check in found)
    return exit_code(statuses, incomplete=bad or statuses != {"complete"})


def _print(name: str, checks: Iterable["Check"], scopes: list["Scope"]) -> None:
    from reconciler.report.escape import escape_terminal

    click.secho(name, bold=True)
    for check in checks:
        _line(check.state, check.name, escape_terminal(check.what, 400))
        if check.remedy:
            _line("", "", f"→ {escape_terminal(check.remedy, 400)}")
    if not scopes:
        return
    together = {scope.problem for scope in scopes if scope.listed == "failed"}
    if len(together) == 1 and all(scope.listed == "failed" for scope in scopes):
        _line("bad", "lists", f"none can be read: {escape_terminal(str(together.pop()), 400)}")
        return
    for scope in scopes:
        _line(*_of_scope(scope))
        if scope.not_supported:
            _line("", "", f"not offered by this API, and not compared: {', '.join(scope.not_supported)}")
        for note in scope.notes or ():
            _line("", "", escape_terminal(note, 400))
        for problem, ids in _unread(scope):
            _line("", "", escape_terminal(f"{ids} unread: {problem}", 400))


def _line(state: str, name: str, text: str) -> None:
    click.echo(f"  {click.style(f'{state:<8}', fg=_COLOURS.get(state))}{name:<{_COLUMN}}  {text}")


def _of_scope(scope: "Scope") -> tuple[str, str, str]:
    from reconciler.report.escape import escape_terminal

    state = "bad" if scope.listed != "complete" or scope.unread else "ok"
    why = f": {escape_terminal(str(scope.problem), 400)}" if scope.problem else ""
    return state, scope.kind, f"{scope.count} read, the list is {scope.listed}{why}"


def _unread(scope: "Scope") -> Iterator[tuple[Problem, int]]:
    """Each problem with how many ids have it."""
    by_problem: dict[Problem, int] = {}
    for problem in scope.unread.values():
        by_problem[problem] = by_problem.get(problem, 0) + 1
    yield from sorted(by_problem.items())


def _document(
    of_site: Iterable["Check"], checks: Mapping[str, list["Check"]], snapshot: "Snapshot"
) -> dict[str, object]:
    from reconciler.model.snapshot import SCHEMA_VERSION

    return {
        "schema_version": SCHEMA_VERSION,
        "site": {"checks": [check.model_dump(mode="json") for check in of_site]},
        "sources": {
            name: {
                "status": snapshot.run.sources[name].status,
                "checks": [check.model_dump(mode="json") for check in found],
                "scopes": [
                    scope.model_dump(mode="json", exclude_none=True)
                    for scope in snapshot.scopes
                    if scope.source == name
                ],
            }
            for name, found in checks.items()
        },
    }
