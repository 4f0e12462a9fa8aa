"""The output of `reconciler demo` without what differs from run to run: ports, folders, ids, clocks."""

import re
from pathlib import Path

GOLDEN = Path(__file__).parents[1] / "golden" / "demo.txt"

CHANGING = {
    r"127\.0\.0\.1:\d+": "HOST",
    r"\S*reconciler-demo-\w+": "FOLDER",
    r"\S*bin/reconciler (?=demo|serve)": "PROGRAM ",
    r"\d{8}T\d{6}Z-[0-9a-f]{6}": "RUN",
    r"\d{4}-\d\d-\d\d \d\d:\d\d UTC": "TIME",
    r"\d{4}-\d\d-\d\d": "DAY",
    r"\b\d\d:\d\d UTC on DAY": "TIME",
    r"(?m) +\d+ (?:s|min)$": "  AGE",
    r"\b(?=\w*\d)[0-9a-f]{12}(?:[0-9a-f]{28})?\b": "COMMIT",
}
"""Pattern → the word that stands for it in the golden file."""


def steady(text: str) -> str:
    """Return what the demo printed with a word in place of each value that differs from run to run."""
    for pattern, word in CHANGING.items():
        text = re.sub(pattern, word, text)
    return "".join(f"{line.rstrip()}\n" for line in text.strip().splitlines())
