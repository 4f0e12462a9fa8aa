"""The `desired-state/` of this repository: what `adopt` writes of the simulated site, besides `site/`."""

import tempfile
from pathlib import Path

from reconciler import kinds
from reconciler.cli.demo import configuration, secrets_of
from reconciler.config.file import SITE, load_config
from reconciler.jobs.adopt import adopt_live
from reconciler.lab import Lab
from reconciler.model.progress import Silent

FOLDER = Path(__file__).parents[2] / "desired-state"


def adopted() -> dict[str, str]:
    """Path below `desired-state/` → text, of every kind of a source; secrets are only known to be set."""
    with Lab() as lab, tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "config" / "reconciler.yaml"
        file.parent.mkdir()
        (Path(folder) / ".git").mkdir()
        text = configuration(lab, str(lab.ca_file))
        lines = [line for line in text.splitlines(keepends=True) if not line.startswith("fingerprint_key")]
        file.write_text("".join(lines))
        adoption = adopt_live(load_config(file, kinds.settings()), secrets_of(lab), Silent())
    assert not adoption.left_out, adoption.left_out
    return {path: text for path, text in adoption.files.items() if not path.startswith(f"{SITE}/")}


def shipped() -> dict[str, str]:
    """Path below `desired-state/` → text, as it is in the repository."""
    return {
        file.relative_to(FOLDER).as_posix(): file.read_text()
        for file in sorted(FOLDER.rglob("*.yaml"))
        if file.relative_to(FOLDER).parts[0] != SITE
    }


def write() -> None:
    """Write the files anew, and remove those of kinds that are gone."""
    texts = adopted()
    for path in shipped():
        (FOLDER / path).unlink()
    for path, text in texts.items():
        (FOLDER / path).parent.mkdir(parents=True, exist_ok=True)
        (FOLDER / path).write_text(text)
