"""Puts the files that `reconciler init` writes into the wheel, from where this repository uses them."""

import shutil
from pathlib import Path

from setuptools.command.build_py import build_py

ROOT = Path(__file__).parent
LIST = "reconciler/jobs/site_files.txt"
FOLDER = "reconciler/jobs/site_files"


class BuildWithSiteFiles(build_py):
    """`build_py`, and a copy of each file of the list; an editable installation reads them in place."""

    def run(self) -> None:
        """Build the package, then copy."""
        super().run()
        if not self.editable_mode:
            for source, target in self._site_files().items():
                Path(target).parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(ROOT / source, target)

    def get_source_files(self) -> list[str]:
        """Add them to a source distribution too."""
        return [*super().get_source_files(), *self._site_files(), "build_site_files.py"]

    def get_outputs(self, include_bytecode: bool = True) -> list[str]:  # noqa: FBT001, FBT002  as setuptools calls it
        """Add them to the files of the wheel."""
        copied = [] if self.editable_mode else list(self._site_files().values())
        return [*super().get_outputs(include_bytecode), *copied]

    def _site_files(self) -> dict[str, str]:
        """Return the files: path in the repository → path of the copy."""
        globs = (ROOT / LIST).read_text(encoding="utf-8").split()
        found = sorted(path for glob in globs for path in ROOT.glob(glob) if path.is_file())
        names = [path.relative_to(ROOT).as_posix() for path in found]
        return {name: f"{self.build_lib}/{FOLDER}/{name}" for name in names}
