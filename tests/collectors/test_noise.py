"""Known false alarms of other tools: a file per case, named after its issue; declared against live."""

from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.collectors.proxmox.test_declaring import changes, guest

CASES = sorted((Path(__file__).resolve().parents[1] / "cases" / "noise").glob("*.yaml"))


@pytest.mark.parametrize("path", CASES, ids=lambda path: path.stem)
def test_no_wolf(path):
    case: dict[str, Any] = yaml.safe_load(path.read_text())
    raw = guest(case["system"], **case["live"]) if case["kind"] == "guest" else case["live"]
    if case["live"].get("description"):
        raw["has_description"] = True  # notes are read apart, when guests are fetched
    lines = "\n".join(f"  {line}" for line in case["declared"].splitlines())
    source = case["system"] if case.get("system") in {"unifi", "npm"} else "pve"
    found = changes(
        case["kind"],
        raw,
        f"\n{lines}",
        source=source,
        identity=case.get("id", raw.get("name")),
        context=case.get("context"),
    )
    assert sorted(found) == case["findings"], found


def test_there_are_cases():
    assert len(CASES) > 70
