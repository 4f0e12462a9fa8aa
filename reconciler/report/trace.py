"""The way of one public name to the switch port, for the terminal: a line for each step of the port map."""

import io
from collections.abc import Mapping
from typing import IO

from rich.console import Console
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from reconciler.model.value import Row
from reconciler.report.escape import escape_terminal
from reconciler.report.text import MAX_LINE_CHARS, NAME, console, plain

_STEPS = {
    "target": "address",
    "nic": "NIC",
    "switch-port": "switch port",
    "wlan": "Wi-Fi",
}
_HOW = {"configured": "green", "observed": "green", "declared": "cyan", "inferred": "yellow"}


def show(way: Row, names: Mapping[str, str], file: IO[str]) -> None:
    """Print a path of `/v1/portmap/joined`; `names` has what the keys in it are called."""
    shown = console(file)
    if shown.is_terminal:
        render(way, names, shown)
        return
    plain = io.StringIO()
    render(way, names, Console(file=plain, width=shown.width, color_system=None, _environ={}))
    file.write("\n".join(line.rstrip() for line in plain.getvalue().splitlines()) + "\n")


def render(way: Row, names: Mapping[str, str], console: Console) -> None:
    """A line for each step: where it leads, how that is known, and which resource says so."""
    edges: list[Row] = way["edges"]  # type: ignore[assignment]
    grid = Table.grid(padding=(0, 2, 0, 0))
    grid.add_column(no_wrap=True)
    grid.add_column(overflow="fold")
    grid.add_column(no_wrap=True)
    grid.add_column(overflow="fold")
    grid.add_row(Text("  name"), Text(escape_terminal(str(way["name"])), "bold"))
    for edge in edges:
        to, how = edge.get("to"), str(edge.get("how") or "")
        label = Text(f"→ {escape_terminal(_step(edge))}")
        if to is None:
            reason = Text(escape_terminal(str(edge.get("missing") or "no reason given"), MAX_LINE_CHARS))
            grid.add_row(label, Text("not known", "bold magenta"), Text(), reason)
        else:
            by = f"by {escape_terminal(str(edge['via']))}" if edge.get("via") else ""
            grid.add_row(label, _end(edge, names), Text(how, _HOW.get(how, "")), plain(by))
    console.print(Padding(grid, (0, 0, 0, 2)))


def _step(edge: Row) -> str:
    """What a step leads to, in words: the kind of its key where the step alone does not tell."""
    step, to = str(edge["step"]), str(edge.get("to") or "")
    kind = to.split("/", 2)[1] if step in {"entry", "host"} and to.count("/") > 1 else step
    return _STEPS.get(kind, kind.replace("-", " "))


def _end(edge: Row, names: Mapping[str, str]) -> Text:
    """The id of where a step leads, its VLAN and its name."""
    to = str(edge["to"])
    text = Text(escape_terminal(to.split("/", 2)[2] if to.count("/") > 1 else to), "bold")
    if edge.get("vlan") is not None:
        text.append(f" (VLAN {edge['vlan']})")
    if names.get(to):
        text.append(f" {escape_terminal(names[to], NAME)}", "not bold")
    return text
