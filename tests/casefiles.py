"""Cases that are files: a folder of YAML, one case each, so that a new one needs no Python."""

from pathlib import Path
from typing import Any

import pytest
import yaml

CASES = Path(__file__).parent / "cases"


def cases(folder: str) -> pytest.MarkDecorator:
    """The files of `tests/cases/<folder>` as the parameter `case`; scalars are text, as in the product."""
    files = sorted((CASES / folder).glob("*.yaml"))
    assert files, f"no cases in {folder}"
    read: list[Any] = [yaml.load(file.read_bytes(), Loader=yaml.BaseLoader) for file in files]
    return pytest.mark.parametrize("case", read, ids=[file.stem for file in files])
