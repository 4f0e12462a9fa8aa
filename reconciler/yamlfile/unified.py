"""The difference of two versions of a file, as `git apply` reads it."""

from collections.abc import Iterator
from difflib import unified_diff


def unified(path: str, before: bytes | None, after: bytes) -> Iterator[str]:
    """Yield the lines of a unified diff without their ends; nothing where both are the same."""
    old, new = _split_lines(before or b""), _split_lines(after)
    name = f"a/{path}" if before is not None else "/dev/null"
    for line in unified_diff(old, new, name, f"b/{path}", lineterm=""):
        text, end, _ = line.partition("\n")
        yield text
        if not end and not line.startswith(("--- ", "+++ ", "@@ ")):
            yield "\\ No newline at end of file"


def counts(before: bytes | None, after: bytes) -> tuple[int, int]:
    """Return how many lines are added, and how many go."""
    lines = list(unified("", before, after))[2:]
    return sum(line.startswith("+") for line in lines), sum(line.startswith("-") for line in lines)


def _split_lines(data: bytes) -> list[str]:
    *lines, last = data.decode("utf-8").split("\n")
    return [*(f"{line}\n" for line in lines), *([last] if last else [])]
