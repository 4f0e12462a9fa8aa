"""Problems as tests write them: a text stands for a problem without subject and remedy."""

from collections.abc import Mapping
from typing import Any

from reconciler.errors import Problem


def problem(given: Any) -> Problem:
    """Return the problem that a text, or a mapping of its parts, stands for."""
    return Problem(**given) if isinstance(given, dict) else Problem("", given)


def with_problems(fields: Mapping[str, Any]) -> dict[str, Any]:
    """Return the fields of a scope or a source with problems in place of texts."""
    found = dict(fields)
    if "problem" in found:
        found["problem"] = problem(found["problem"])
    if "unread" in found:
        found["unread"] = {str(identity): problem(each) for identity, each in found["unread"].items()}
    return found


def texts(problems: Mapping[str, Problem]) -> dict[str, str]:
    """Return problems as they are shown."""
    return {identity: str(each) for identity, each in problems.items()}
