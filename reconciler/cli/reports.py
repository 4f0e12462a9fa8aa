"""The options and outputs of reports, which `run` and `drift` share."""

import sys
from collections.abc import Callable, Iterator, Sequence
from functools import wraps
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar, cast

import click

from reconciler.config.severity import FailOn
from reconciler.errors import EXIT_ERROR, Problem, ReconcilerError, SourceError
from reconciler.text import counted

if TYPE_CHECKING:
    from reconciler.model.findings import DriftReport
    from reconciler.model.snapshot import Run
    from reconciler.record import Written
    from reconciler.report.beside import Beside

FORMATS = ("text", "json", "markdown", "junit")

F = TypeVar("F", bound=Callable[..., Any])


class Output(NamedTuple):
    """One report that goes to a file."""

    format: str
    file: str


def source_kind(
    _context: click.Context, _option: click.Parameter, values: tuple[str, ...]
) -> frozenset[tuple[str, str]]:
    """Parse `pve/guest` values."""
    pairs = [tuple(value.split("/")) for value in values]
    for pair, value in zip(pairs, values, strict=True):
        if len(pair) != 2 or not all(pair):
            message = f"{value!r} is not of the form SOURCE/KIND, such as pve/guest"
            raise click.BadParameter(message)
    return frozenset((pair[0], pair[1]) for pair in pairs)


def _outputs(
    _context: click.Context, _option: click.Parameter, values: tuple[str, ...]
) -> tuple[Output, ...]:
    outputs = []
    for value in values:
        name, _, file = value.partition(":")
        if name not in FORMATS or not file:
            message = f"{value!r} is not of the form FORMAT:FILE with FORMAT one of {', '.join(FORMATS)}"
            raise click.BadParameter(message)
        outputs.append(Output(name, file))
    return tuple(outputs)


class Wanted(NamedTuple):
    """The options of a report, which its command gets as `wanted`."""

    format: str
    verbose: bool
    outputs: tuple[Output, ...]
    fail_on: FailOn | None


def options(function: F) -> F:
    """Add `--format`, `--output`, `--verbose` and `--fail-on`, as one argument `wanted`."""

    @wraps(function)
    def command(
        *arguments: Any,
        report_format: str,
        verbose: bool,
        outputs: tuple[Output, ...],
        fail_on: FailOn | None,
        **others: Any,
    ) -> Any:
        wanted = Wanted(report_format, verbose, outputs, fail_on)
        return function(*arguments, wanted=wanted, **others)

    return cast("F", _add(command))


def _add(function: Callable[..., Any]) -> Callable[..., Any]:
    for option in (
        click.option(
            "--verbose",
            "-v",
            is_flag=True,
            help="Show everything about each finding, and every entry of each list.",
        ),
        click.option(
            "--fail-on",
            type=click.Choice(["info", "warning", "error", "never"]),
            help="Minimum severity that causes exit code 2; never also suppresses exit code 3.",
        ),
        click.option(
            "--output",
            "outputs",
            multiple=True,
            metavar="FORMAT:FILE",
            callback=_outputs,
            help="Write a report to a file too; can be repeated.",
        ),
        click.option(
            "--format",
            "report_format",
            type=click.Choice(FORMATS),
            default="text",
            show_default=True,
            help="Format of the report on standard output.",
        ),
    ):
        function = option(function)
    return function


def show(
    report: "DriftReport",
    report_format: str = "text",
    outputs: Sequence[Output] = (),
    beside: "Beside | None" = None,
    done: str = "",
    code: Callable[[bool], int] | None = None,
) -> tuple[Problem, ...]:
    """Write the report to every file that was asked for, and print it; return the renderers that failed.

    The files come first: a reader of standard output may close it early. The last line of the text has what
    became of the run (`done`), and the exit code, which `code` decides, given whether a renderer failed.
    Raises `ReconcilerError` at the end for files that could not be written.
    """
    from reconciler.report.beside import NOTHING_BESIDE

    beside = beside or NOTHING_BESIDE
    failed, unwritten = _written(report, outputs, beside)
    if code is not None:
        ending = f"exit {EXIT_ERROR if unwritten else code(bool(failed))}"
        done = f"{done} · {ending}" if done else ending
    text = _shown(report, report_format, beside, done)
    if isinstance(text, Problem):
        failed.append(text)
    elif isinstance(text, bytes):
        click.echo(text, nl=False)
    else:
        sys.stdout.write(text)
    if unwritten:
        raise ReconcilerError([*failed, *unwritten])
    return tuple(failed)


def _written(
    report: "DriftReport", outputs: Sequence[Output], beside: "Beside"
) -> tuple[list[Problem], list[Problem]]:
    """Write the report to files; return the renderers that failed, and what could not be written."""
    from reconciler.report import formats

    failed: list[Problem] = []
    unwritten: list[Problem] = []
    for output in outputs:
        data = formats.render(report, output.format, beside)
        if isinstance(data, Problem):
            failed.append(data)
            continue
        try:
            write(output.file, data)
        except ReconcilerError as error:
            unwritten += error.problems
    return failed, unwritten


def _shown(report: "DriftReport", report_format: str, beside: "Beside", done: str) -> str | bytes | Problem:
    """Return the report for standard output: text as the stream wants it, else bytes whatever the locale."""
    from reconciler.isolation import isolated
    from reconciler.report import formats

    if report_format != "text":
        return formats.render(report, report_format, beside)
    from reconciler.report import text

    return isolated(formats.place("text"), lambda: text.for_stream(report, sys.stdout, beside, done))


def failures(report: "DriftReport") -> Iterator[Problem]:
    """Yield the problems of the parts of this program that failed while the report was made."""
    from reconciler.model.findings import INTERNAL

    for finding in report.active:
        if finding.type == INTERNAL and finding.problem is not None:
            yield finding.problem


def sources_failed(report: "DriftReport") -> None:
    """Print a line for each source that failed, unless that is accepted; raise if none could be read."""
    from reconciler.report.escape import escape_terminal

    all_failed(report.run)
    for name in report.summary.failed_sources:
        problem = escape_terminal(str(report.run.sources[name].problem), 500)
        click.echo(f"warning: {name} could not be read: {problem}", err=True)


def all_failed(run: "Run") -> None:
    """Raise the errors of all sources when none of them could be read."""
    if run.sources and all(source.status == "failed" for source in run.sources.values()):
        sys.stdout.flush()
        failed = run.sources.items()
        raise SourceError(Problem(name, f"could not be read: {source.problem}") for name, source in failed)


def recorded_sentence(written: "Written") -> str:
    """Return a sentence about the record of a run."""
    kept = ", not pushed" if written.waiting else ""
    late = f"; pushed what waited: {counted(written.delivered, 'commit')}" if written.delivered else ""
    if written.commit is None:
        return f"recorded{kept}: nothing changed, no commit{late}"
    why = {"heartbeat": "the daily heartbeat", "superseded": "superseded by a newer run"}
    pushed = " and pushed" if written.pushed else kept
    return f"recorded{pushed}: commit {written.commit[:12]} ({why.get(written.reason, written.reason)}){late}"


def write(file: str, data: bytes) -> None:
    """Write a file completely or not at all; `-` is standard output; devices are written to."""
    from reconciler import files

    path = Path(file)
    try:
        if file == "-":
            sys.stdout.buffer.write(data)
        elif path.exists() and (not path.is_file() or path.is_mount()):
            path.write_bytes(data)
        else:
            files.write_atomically(path, data)
    except (OSError, RuntimeError) as error:  # RuntimeError: links in a circle, before Python 3.13
        what = f"cannot be written: {getattr(error, 'strerror', None) or error}"
        raise ReconcilerError(Problem(file, what, "name another file")) from error
