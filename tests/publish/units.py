"""The units of config/systemd, read as systemd reads them."""

import shlex
from pathlib import Path
from typing import NamedTuple

FOLDER = Path(__file__).parents[2] / "config" / "systemd"
SERVICES = sorted(path.name for path in FOLDER.glob("*.service"))
TIMERS = sorted(path.name for path in FOLDER.glob("*.timer"))


class Entry(NamedTuple):
    """A line of a unit."""

    section: str
    name: str
    value: str


def entries(unit: str) -> list[Entry]:
    """The lines of a unit, comments left out."""
    section, found = "", []
    for line in (FOLDER / unit).read_text().splitlines():
        if line.startswith("["):
            section = line.strip("[]")
        elif line and not line.startswith("#"):
            name, equals, value = line.partition("=")
            assert equals, f"{unit}: {line}"
            found.append(Entry(section, name, value))
    return found


def values(unit: str, name: str) -> list[str]:
    """The values of a name, in order."""
    return [entry.value for entry in entries(unit) if entry.name == name]


def commands(unit: str) -> list[list[str]]:
    """What a service starts, as words."""
    return [shlex.split(entry.value.lstrip("-")) for entry in entries(unit) if entry.name.startswith("Exec")]


def ssh_command(unit: str) -> str:
    """The command with which git reaches the remote."""
    (assignment,) = [shlex.split(value)[0] for value in values(unit, "Environment")]
    name, _, command = assignment.partition("=")
    assert name == "GIT_SSH_COMMAND"
    return command
