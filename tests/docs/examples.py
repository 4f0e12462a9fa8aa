"""The worked examples of CONTRIBUTING.md: fenced blocks, each below a line that names its file alone.

A `diff` block changes a file: its lines that begin with a space or `-` are in that file exactly once. Any
other block is a new file.
"""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

_SECTION = re.compile(r"^### (.+)$", re.MULTILINE)
_BLOCK = re.compile(r"^`([^`\n]+)`:\n\n```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)

_GENERATED = re.compile(
    r"`(desired-state/[\w/-]+\.yaml|docs/[\w/-]+\.md|tests/(?:\w+/)?golden/[\w/.-]+"
    r"|reconciler/publish/documents/fixed_files/[\w/-]+\.json)`"
)


class Edit(NamedTuple):
    """One step of an example: a new file, or a change of one."""

    file: str
    is_change: bool
    text: str


class Example(NamedTuple):
    """A section of the page that adds something."""

    edits: tuple[Edit, ...]
    text: str

    @property
    def generated(self) -> set[str]:
        """The generated files that the text names."""
        return set(_GENERATED.findall(self.text))

    @property
    def files(self) -> set[str]:
        """Every file that the example adds or changes."""
        return {edit.file for edit in self.edits} | self.generated


def examples(page: str) -> Mapping[str, Example]:
    """Return the sections that have edits, by their `###` heading."""
    parts = _SECTION.split(page)
    found = {
        heading: Example(
            tuple(Edit(file, language == "diff", body) for file, language, body in _BLOCK.findall(text)), text
        )
        for heading, text in zip(parts[1::2], parts[2::2], strict=True)
    }
    return {heading: example for heading, example in found.items() if example.edits}


def apply(edit: Edit, root: Path) -> None:
    """Make an edit below `root`; raises `ValueError` if the page no longer fits the repository."""
    path = root / edit.file
    if not edit.is_change:
        if path.exists():
            message = f"{edit.file} exists already: take another example"
            raise ValueError(message)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(edit.text)
        return
    lines = edit.text.splitlines(keepends=True)
    before = "".join(line[1:] for line in lines if line[0] in " -")
    after = "".join(line[1:] for line in lines if line[0] in " +")
    text, found = re.subn(rf"^{re.escape(before)}", lambda _: after, path.read_text(), flags=re.MULTILINE)
    if found != 1:
        message = f"{edit.file} does not have these lines exactly once:\n{before}"
        raise ValueError(message)
    path.write_text(text)
