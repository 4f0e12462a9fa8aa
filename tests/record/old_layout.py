"""A record as version 0.1 wrote it: the rows of a run in one file, and no ledger."""

import json
from pathlib import Path

from tests.record.parts import commit_all, git


def make_old(root: Path, branch: str = "drift-state", directory: str = "reports") -> str:
    """Write the record at the tip of a branch in the old layout; return the new tip."""
    git(root, "checkout", "--quiet", branch)
    top = root / directory
    (top / "latest/ledger.json").unlink()
    run_file = top / "latest/run.json"
    document = json.loads(run_file.read_text())
    del document["live"]
    run_file.write_text(f"{json.dumps(document, indent=2, sort_keys=True)}\n")
    for folder in (top / "runs").glob("*/*/*/T*"):
        facts = json.loads((folder / "run.json").read_text())
        rows: dict[str, dict[str, object]] = {}
        for file in (folder / "live").glob("*/*.json"):
            rows.setdefault(file.parent.name, {})[file.stem] = json.loads(file.read_text())
        whole = {key: facts[key] for key in ("schema_version", "run", "scopes")} | {"resources": rows}
        (folder / "live.json").write_text(json.dumps(whole))
        for file in (*(folder / "live").glob("*/*.json"), folder / "run.json"):
            file.unlink()
    tip = commit_all(root, "as 0.1 wrote it")
    git(root, "checkout", "--quiet", "main")
    return tip
