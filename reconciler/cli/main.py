"""The `reconciler` command: its subcommands, loaded when they are called, and its one way to end.

Every error ends here: one line each on standard error and an exit code (0 in sync, 1 error, 2 drift,
3 incomplete, 64 wrong usage). A crash is never mistaken for drift.
"""

import atexit
import gc
import importlib
import os
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import NoReturn

import click

from reconciler import __version__
from reconciler.cli import streams
from reconciler.cli.context import Context, print_problems
from reconciler.errors import EXIT_ERROR, EXIT_USAGE, ReconcilerError

COMMANDS = {
    "init": "Create the repository of a new site in this folder.",
    "run": "The main job: collect, compare, record, publish.",
    "collect": "Read the live state into a snapshot file.",
    "drift": "Compare desired state with the live state, or with a snapshot.",
    "doctor": "Check everything a run needs, and suggest the next command.",
    "try-alarms": "Send a test message to the alarm sinks.",
    "validate": "Check config, ignore rules and desired state; needs no network.",
    "fix": "Print the commands that resolve findings; nothing is executed.",
    "adopt": "Write the live state into the desired state; show the difference first.",
    "ignore": "Silence findings, with a reason and a last day.",
    "what-if": "Show what is lost while something is down, and what a resource depends on.",
    "review": "Show the effect of merging a change to the desired state.",
    "review-open": "Review every open pull request, and update its comment.",
    "publish": "Build the /v1 tree and the pages from the record, or manage the published releases.",
    "serve": "Serve the published tree on this machine.",
    "history": "List the recorded runs, or the changes of one resource.",
    "show": "Show one resource, or the report of one run, as recorded.",
    "who": "Show who has an address, a MAC address or a name, and since when.",
    "schema": "Print a JSON Schema: config, desired state, snapshot, report.",
    "demo": "Demonstrate the main job on a simulated site.",
}
"""Name → one line of help; the command is `command` in the module of that name."""

EXIT_INTERRUPTED = 130
EXIT_TERMINATED = 143
"""128 and the number of the signal, as shells count."""


class Terminated(KeyboardInterrupt):
    """SIGTERM: a CI job that is cancelled, a service that is stopped."""

    exit_code = EXIT_TERMINATED


class Commands(click.Group):
    """Subcommands by name, imported only when called: `--help` stays fast."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """In the order of the flow."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import the module of a command."""
        if cmd_name not in COMMANDS:
            return None
        command: click.Command = importlib.import_module(
            f"reconciler.cli.{cmd_name.replace('-', '_')}"
        ).command
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Name the nearest command when there is none of that name."""
        if args and not args[0].startswith("-") and args[0] not in COMMANDS:
            from difflib import get_close_matches

            near = get_close_matches(args[0], COMMANDS, n=1)
            message = f"there is no command {args[0]!r}" + (f"; did you mean {near[0]!r}?" if near else "")
            raise click.UsageError(message, ctx)
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """List the commands without importing them."""
        with formatter.section("Commands"):
            formatter.write_dl(list(COMMANDS.items()))


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.option(
    "--config",
    "config_file",
    type=click.Path(path_type=Path, readable=False),
    help="Configuration file.  [default: config/reconciler.yaml, here or in a parent folder]",
)
@click.option("--json", "as_json", is_flag=True, help="Print progress to standard error as JSON lines.")
@click.option("--debug", is_flag=True, help="Show the traceback of an error.")
@click.version_option(__version__, prog_name="reconciler")
@click.pass_context
def cli(ctx: click.Context, config_file: Path | None, as_json: bool, debug: bool) -> None:
    """Detect when your Proxmox VE, UniFi and Nginx Proxy Manager setup drifts from Git.

    Exit codes: 0 in sync, 1 error, 2 drift, 3 incomplete (something could not be
    verified or confirmed), 64 wrong usage.
    """
    ctx.obj = Context(config_file, as_json=as_json, debug=debug)
    if debug:
        ctx.with_resource(_tracebacks())


@contextmanager
def _tracebacks() -> Iterator[None]:
    """Show on standard error the traceback of each part that fails in isolation."""
    import logging

    log, handler = logging.getLogger("reconciler.isolation"), logging.StreamHandler()
    log.addHandler(handler)
    log.setLevel(logging.DEBUG)
    try:
        yield
    finally:
        log.setLevel(logging.NOTSET)
        log.removeHandler(handler)


def main(arguments: list[str] | None = None) -> None:
    """Run the command line and exit with its code."""
    collect_rarely()
    streams.prepare()
    signal.signal(signal.SIGTERM, _terminate)
    code = run(sys.argv[1:] if arguments is None else arguments)
    if code in {EXIT_INTERRUPTED, EXIT_TERMINATED}:
        os._exit(code)  # threads that wait for an answer would hold the exit up until it comes
    sys.exit(code)


def collect_rarely() -> None:
    """Have the cyclic collector wait for more new values than the modules of a job make.

    Those stay until the end, so that walking them 200 times while they are imported is in vain, and so is
    collecting them at the end: the system takes all memory back then. The collector still runs: the memory of
    a long command, such as `serve`, stays bounded.
    """
    gc.set_threshold(200_000, 10, 10)
    atexit.register(gc.freeze)


def run(arguments: list[str]) -> int:
    """Run the command line; print what went wrong, and return the exit code."""
    try:
        result = cli.main(arguments, prog_name="reconciler", standalone_mode=False)
        sys.stdout.flush()
    except click.Abort as error:
        return _interrupted(error.__cause__ or error)
    except KeyboardInterrupt as error:
        return _interrupted(error)
    except click.ClickException as error:
        error.show()
        return EXIT_USAGE if isinstance(error, click.UsageError) else EXIT_ERROR
    except Exception as error:
        if "--debug" in arguments:
            raise
        return _ended(error, arguments)
    return result if isinstance(result, int) else 0


def _terminate(_signal: int, _frame: FrameType | None) -> NoReturn:
    raise Terminated


def _interrupted(error: BaseException) -> int:
    """Print what was done up to an interruption, and return the exit code."""
    terminated = isinstance(error, Terminated)
    done = getattr(error, "__notes__", ["what was recorded and published before stays as it was"])
    click.echo(f"{'terminated' if terminated else 'interrupted'}; {done[0]}", err=True)
    return EXIT_TERMINATED if terminated else EXIT_INTERRUPTED


def _ended(error: Exception, arguments: list[str]) -> int:
    """Print the error that ended a command, and return its exit code."""
    if isinstance(error, ReconcilerError):
        print_problems(error.problems, as_json="--json" in arguments)
        return error.exit_code
    if isinstance(error, OSError):
        if not isinstance(error, BrokenPipeError):
            click.echo(f"error: {error.filename or 'standard output'}: {error.strerror or error}", err=True)
        streams.discard_output()
        return EXIT_ERROR
    again = "run again as `reconciler --debug …` and report it"
    click.echo(f"error: internal: {type(error).__name__}; {again}", err=True)
    return EXIT_ERROR
