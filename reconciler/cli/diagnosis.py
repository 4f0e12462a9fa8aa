"""The text of `doctor`: a line for each source and area, what is wrong below it, and the verdict."""

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, NamedTuple

import click

from reconciler.cli.certificates import certificate_lines
from reconciler.errors import Problem
from reconciler.text import enumerated

if TYPE_CHECKING:
    from reconciler.jobs.readiness import Diagnosis, Readiness
    from reconciler.model.certificate import SeenCertificate
    from reconciler.model.check import Check
    from reconciler.model.snapshot import Scope

_COLOURS = {"ok": "green", "note": "cyan", "warning": "yellow", "bad": "red"}
_ORDER = ("bad", "warning", "note")
_WORST = _ORDER[:2]
_LONGEST = 400
_COLUMN = 17
"""Of the names of checks and kinds."""


class Trouble(NamedTuple):
    """A check, or a list, that is not as it should be."""

    state: str
    text: str
    remedy: str = ""
    certificate: "SeenCertificate | None" = None


def show(diagnosis: "Diagnosis", verdict: "Readiness", *, verbose: bool, quiet: bool) -> None:
    """Print the diagnosis: all of it, one line for each source and area, or only what is wrong."""
    groups = {**diagnosis.sources, **diagnosis.areas}
    width = max(len(name) for name in groups)
    for name, checks in groups.items():
        scopes = [scope for scope in diagnosis.snapshot.scopes if scope.source == name]
        found = _found(checks, scopes)
        if quiet:
            found = [line for line in found if line.state in _WORST]
        if verbose:
            _details(name, checks, scopes)
        elif found or not quiet:
            _group(name, width, checks, found)
    if not (quiet and verdict.ready):
        click.secho(verdict.text, fg=None if verdict.ready else _COLOURS["bad"])


def _group(name: str, width: int, checks: Sequence["Check"], found: list[Trouble]) -> None:
    """Print the line of a source or area, and the others of what is wrong with it."""
    state = next((state for state in _WORST if any(line.state == state for line in found)), "ok")
    indent = " " * (width + 2 + 9)
    brief = _brief(checks)
    others = sorted(found, key=lambda line: _ORDER.index(line.state))
    if state == "bad" or (others and not brief):
        first, *others = others
        _line(name, width, first.state, first.text)
        _remedy(first, indent)
    else:
        _line(name, width, state, brief)
    for line in others:
        label = click.style(f"{line.state}: ", fg=_COLOURS[line.state])
        click.echo(f"{indent}{label}{_escaped(line.text)}")
        _remedy(line, indent)


def _line(name: str, width: int, state: str, text: str) -> None:
    shown = f"{name:<{width}}  {click.style(f'{state:<7}', fg=_COLOURS[state])}  {_escaped(text)}"
    click.echo(shown.rstrip())


def _remedy(line: Trouble, indent: str) -> None:
    for fact in certificate_lines(line.certificate) if line.certificate else ():
        click.echo(f"{indent}  {fact}")
    if line.remedy:
        click.echo(f"{indent}→ {_escaped(line.remedy)}")


def _brief(checks: Sequence["Check"]) -> str:
    """Return what is right in a few words: `HOST: version, rights complete, certificate until …`."""
    hosts = [check.brief for check in checks if check.name == "host" and check.brief]
    until = sorted(check.brief for check in checks if check.name == "tls" and check.brief)[:1]
    others = [check.brief for check in checks if check.name not in {"host", "tls"} and check.brief]
    text = ", ".join(dict.fromkeys([*others, *until]))
    if not hosts:
        return text
    more = f" and {len(hosts) - 1} more" if len(hosts) > 1 else ""
    return f"{hosts[0]}{more}" + (f": {text}" if text else "")


def _found(checks: Sequence["Check"], scopes: Sequence["Scope"]) -> list[Trouble]:
    """Return what is not as it should be, each thing once.

    Where no list can be read because of the hosts, these are the reason, and not one of several to spare.
    """
    problems = {scope.problem for scope in scopes if scope.listed == "failed"}
    unreadable = len(problems) == 1 and all(scope.listed == "failed" for scope in scopes)
    found = list(_of_checks(checks, unreadable=unreadable))
    if not unreadable:
        return [*found, *_of_scopes(scopes)]
    if not any(line.state == "bad" for line in found):
        problem = problems.pop() or Problem("", "no list can be read")
        found.append(Trouble("bad", _what(problem), problem.remedy))
    return found


def _of_checks(checks: Sequence["Check"], *, unreadable: bool) -> Iterator[Trouble]:
    """Yield the checks that are not ok; hosts with one problem share a line."""
    together: dict[tuple[str, str, str, str], list[Check]] = {}
    for check in checks:
        if check.state != "ok":
            seen = check.certificate.fingerprint if check.certificate else ""
            together.setdefault((check.name, _of_host(check)[1], check.remedy, seen), []).append(check)
    for (name, what, remedy, _), each in together.items():
        hosts = [host for host, _ in map(_of_host, each) if host]
        state = "bad" if unreadable and name in {"host", "tls"} else each[0].state
        subject = f"{enumerated(hosts)}: " if hosts else ""
        named = "fingerprint_key " if name == "fingerprint_key" else ""
        yield Trouble(state, f"{named}{subject}{what}", remedy, each[0].certificate)


def _of_host(check: "Check") -> tuple[str, str]:
    """Return the host that a check is about, or nothing, and the rest of its text."""
    host, sign, what = check.what.partition(": ")
    return (host, what) if sign and check.name in {"host", "tls"} else ("", check.what)


def _of_scopes(scopes: Sequence["Scope"]) -> Iterator[Trouble]:
    """Yield the lists that are not complete."""
    for scope in scopes:
        if scope.problem and scope.listed != "complete":
            text = f"{scope.kind}: the list is {scope.listed}: {_what(scope.problem)}"
            yield Trouble("bad", text, scope.problem.remedy)
        for problem, count in _unread(scope):
            yield Trouble("bad", f"{scope.kind}: {count} unread: {_what(problem)}", problem.remedy)


def _what(problem: Problem) -> str:
    return str(Problem(problem.subject, problem.what))


def _details(name: str, checks: Sequence["Check"], scopes: Sequence["Scope"]) -> None:
    """Print every check and every list of a source or area."""
    click.secho(name, bold=True)
    for check in checks:
        _detail(check.state, check.name, check.what)
        for fact in certificate_lines(check.certificate) if check.certificate else ():
            _detail("", "", fact)
        if check.remedy:
            _detail("", "", f"→ {check.remedy}")
    together = {scope.problem for scope in scopes if scope.listed == "failed"}
    if len(together) == 1 and all(scope.listed == "failed" for scope in scopes):
        _detail("bad", "lists", f"none can be read: {together.pop()}")
        return
    for scope in scopes:
        state = "bad" if scope.listed != "complete" or scope.unread else "ok"
        why = f": {scope.problem}" if scope.problem else ""
        _detail(state, scope.kind, f"{scope.count} read, the list is {scope.listed}{why}")
        if scope.not_supported:
            _detail("", "", f"not offered by this API, and not compared: {', '.join(scope.not_supported)}")
        for note in scope.notes or ():
            _detail("", "", note)
        for problem, ids in _unread(scope):
            _detail("", "", f"{ids} unread: {problem}")


def _detail(state: str, name: str, text: str) -> None:
    shown = click.style(f"{state:<8}", fg=_COLOURS.get(state))
    click.echo(f"  {shown}{name:<{_COLUMN}}  {_escaped(text)}")


def _escaped(text: str) -> str:
    from reconciler.report.escape import escape_terminal

    return escape_terminal(text, _LONGEST)


def _unread(scope: "Scope") -> Iterator[tuple[Problem, int]]:
    """Each problem with how many ids have it."""
    by_problem: dict[Problem, int] = {}
    for problem in scope.unread.values():
        by_problem[problem] = by_problem.get(problem, 0) + 1
    yield from sorted(by_problem.items())
