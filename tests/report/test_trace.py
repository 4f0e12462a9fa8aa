import io
import os
from typing import Any

from reconciler.report import trace
from tests.report.test_text import Terminal

PATH: dict[str, Any] = {
    "name": "git\x1b[31m.example",
    "edges": [
        {
            "step": "entry",
            "hop": "npm/stream/::set-output",
            "confidence": "configured",
            "via": "npm/stream/22",
        },
        {"step": "host", "hop": "pve/guest/1", "confidence": "observed", "via": "unifi/client/x"},
        {
            "step": "bridge",
            "hop": "pve/node-network/n:vmbr0",
            "vlan": 11,
            "confidence": "configured",
            "via": None,
        },
        {"step": "switch-port", "hop": None, "confidence": None, "reason": "no switch port\u202e shows it"},
    ],
}


def test_a_path_is_a_line_for_each_step_and_what_is_not_known_says_why(monkeypatch):
    monkeypatch.setattr(os, "environ", {})
    file = io.StringIO()
    trace.show(PATH, {"pve/guest/1": "db\u200b-01"}, file)
    lines = [" ".join(line.split()) for line in file.getvalue().splitlines()]
    assert lines == [
        r"name git\u001b[31m.example",
        r"→ stream :\u003aset-output configured by npm/stream/22",
        r"→ guest 1 db\u200b-01 observed by unifi/client/x",
        "→ bridge n:vmbr0 (VLAN 11) configured",
        r"→ switch port not known no switch port\u202e shows it",
    ]


def test_a_path_has_colour_on_a_terminal(monkeypatch):
    monkeypatch.setattr(os, "environ", {"TERM": "xterm-256color", "COLUMNS": "90"})
    file = Terminal()
    trace.show(PATH, {}, file)
    assert "\x1b[" in file.getvalue()
    assert "\u202e" not in file.getvalue()
