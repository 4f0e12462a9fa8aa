"""`reconciler doctor`: whether a run would work now, what it would be missing, and what to do next."""

from typing import TYPE_CHECKING

import click

from reconciler.cli import answers
from reconciler.cli.context import Context, pass_context

if TYPE_CHECKING:
    from collections.abc import Iterable

    from reconciler.jobs.readiness import Diagnosis, Readiness
    from reconciler.model.check import Check


@click.command("doctor")
@answers.format_option
@click.option("--verbose", "-v", is_flag=True, help="Show every check and every list, with the certificates.")
@click.option("--quiet", "-q", is_flag=True, help="Show only problems; print nothing if there are none.")
@pass_context
def command(context: Context, answer_format: str, verbose: bool, quiet: bool) -> int:
    """Check everything a run needs, and suggest the next command.

    Checks the sources (hosts, certificates, clocks, rights, quorum, lists), git (a trial push to the
    branches of the record, which changes nothing), the publish folder, the desired state, the monitoring
    of runs (schedule, heartbeat, metrics) and this machine. Nothing is recorded, and no ping is sent.
    Exit code 0: a run would be complete; 3: it would be incomplete; 1: it would fail, because no source
    can be read, or git, the publish folder or the desired state must be fixed.
    """
    from reconciler import files
    from reconciler.cli import diagnosis as text
    from reconciler.jobs.doctor import diagnose
    from reconciler.jobs.readiness import readiness_of

    if verbose and quiet:
        message = "--verbose and --quiet cannot be combined"
        raise click.UsageError(message)
    config = context.config()
    with context.progress() as progress:
        diagnosis = diagnose(config, context.environment, progress)
    found = readiness_of(diagnosis, str(config.file))
    if answer_format == "json":
        click.echo(files.canonical(_document(diagnosis, found)).decode(), nl=False)
    else:
        text.show(diagnosis, found, verbose=verbose, quiet=quiet)
    return found.exit_code


def _document(diagnosis: "Diagnosis", found: "Readiness") -> dict[str, object]:
    from reconciler.model.snapshot import SCHEMA_VERSION

    snapshot = diagnosis.snapshot
    return {
        "schema_version": SCHEMA_VERSION,
        "verdict": {
            "ready": found.ready,
            "not_ready": list(found.not_ready),
            "text": found.text,
            "next": found.next or None,
            "exit_code": found.exit_code,
        },
        **{name.replace("-", "_"): {"checks": _dumped(checks)} for name, checks in diagnosis.areas.items()},
        "sources": {
            name: {
                "status": snapshot.run.sources[name].status,
                "checks": _dumped(checks),
                "scopes": [
                    scope.model_dump(mode="json", exclude_none=True)
                    for scope in snapshot.scopes
                    if scope.source == name
                ],
            }
            for name, checks in diagnosis.sources.items()
        },
    }


def _dumped(checks: "Iterable[Check]") -> list[object]:
    return [check.model_dump(mode="json", exclude_none=True) for check in checks]
