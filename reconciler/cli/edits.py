"""The edits of files that commands show and write: as a diff, and in a sentence."""

import os
import sys
from collections.abc import Mapping
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from reconciler.desired.replace_files import Replacement

_COLOURS = {"+": "green", "-": "red", "@": "cyan"}


def show(folder: str, replacements: "Mapping[str, Replacement]") -> None:
    """Print a unified diff: coloured and escaped on a terminal, else as `git apply` reads it."""
    from reconciler.text import printable
    from reconciler.yamlfile.unified import unified

    terminal = sys.stdout.isatty()
    colours = terminal and not os.environ.get("NO_COLOR")
    for path, each in replacements.items():
        for line in unified(f"{folder}/{path}", each.before, each.after):
            text = printable(line) if terminal else line
            colour = _COLOURS.get(line[:1]) if colours and not line.startswith(("+++", "---")) else None
            text = click.style(text, fg=colour) if colour else text
            click.echo(text if terminal else f"{text}\n".encode(), nl=terminal)


def count(folder: str, replacements: "Mapping[str, Replacement]") -> None:
    """Print a line for each file that was written."""
    from reconciler.text import counted
    from reconciler.yamlfile.unified import counts

    for path, each in replacements.items():
        added, removed = counts(each.before, each.after)
        new = "new file, " if each.before is None else ""
        changes = f"{counted(added, 'line')} added, {counted(removed, 'line')} removed"
        click.echo(f"{folder}/{path}: {new}{changes}")
