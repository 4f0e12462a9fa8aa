"""The path of one public name to the switch port, for the terminal: a line for each step."""

import io
from collections.abc import Mapping
from typing import IO

from rich.console import Console
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from reconciler.model.value import Row
from reconciler.report.escape import escape_terminal
from reconciler.report.text import HEADLINE as MAX_LINE_CHARS
from reconciler.report.text import console
from reconciler.report.text.blocks import NAME
from reconciler.report.text.rows import GOOD, INCOMPLETE, NOTE, WARNING
from reconciler.report.text.rows import quiet as plain

_STEPS = {
    "target": "address",
    "nic": "NIC",
    "switch-port": "switch port",
    "wlan": "Wi-Fi",
}
_HOW = {"configured": GOOD, "observed": GOOD, "declared": NOTE, "inferred": WARNING}


def show(path: Row, names: Mapping[str, str], file: IO[str]) -> None:
    """Print a path of `/v1/portmap/joined`; `names` has what the keys in it are called."""
    shown = console(file)
    if shown.is_terminal:
        render(path, names, shown)
        return
    plain = io.StringIO()
    render(path, names, Console(file=plain, width=shown.width, color_system=None, _environ={}))
    file.write("\n".join(line.rstrip() for line in plain.getvalue().splitlines()) + "\n")


def render(path: Row, names: Mapping[str, str], console: Console) -> None:
    """A line for each step: where it leads, how that is known, and which resource shows it."""
    edges: list[Row] = path["edges"]  # type: ignore[assignment]
    grid = Table.grid(padding=(0, 2, 0, 0))
    grid.add_column(no_wrap=True)
    grid.add_column(overflow="fold")
    grid.add_column(no_wrap=True)
    grid.add_column(overflow="fold")
    grid.add_row(Text("  name"), Text(escape_terminal(str(path["name"])), "bold"))
    for edge in edges:
        hop, how = edge.get("hop"), str(edge.get("confidence") or "")
        label = Text(f"→ {escape_terminal(_step(edge))}")
        if hop is None:
            reason = Text(escape_terminal(str(edge.get("reason") or "no reason given"), MAX_LINE_CHARS))
            grid.add_row(label, Text("not known", INCOMPLETE), Text(), reason)
        else:
            by = f"by {escape_terminal(str(edge['via']))}" if edge.get("via") else ""
            grid.add_row(label, _end(edge, names), Text(how, _HOW.get(how, "")), plain(by))
    console.print(Padding(grid, (0, 0, 0, 2)))


def _step(edge: Row) -> str:
    """Return the target of a step in words: the kind of its key where the step does not show it."""
    step, hop = str(edge["step"]), str(edge.get("hop") or "")
    kind = hop.split("/", 2)[1] if step in {"entry", "host"} and hop.count("/") > 1 else step
    return _STEPS.get(kind, kind.replace("-", " "))


def _end(edge: Row, names: Mapping[str, str]) -> Text:
    """The id of what a step leads to, its VLAN and its name."""
    hop = str(edge["hop"])
    text = Text(escape_terminal(hop.split("/", 2)[2] if hop.count("/") > 1 else hop), "bold")
    if edge.get("vlan") is not None:
        text.append(f" (VLAN {edge['vlan']})")
    if names.get(hop):
        text.append(f" {escape_terminal(names[hop], NAME)}", "not bold")
    return text
