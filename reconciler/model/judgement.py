"""The judgement of a policy: a field that is only declared, and evaluated by its kind."""

from dataclasses import dataclass

from pydantic import JsonValue

from reconciler.errors import Problem


@dataclass(frozen=True, slots=True)
class Judgement:
    """The result of judging a declared policy: it is not met, or cannot be judged in this run."""

    path: str
    """JSON pointer of the declared field."""
    desired: JsonValue = None
    live: JsonValue = None
    reason: str | None = None
    problem: Problem | None = None
    """Why the declared field cannot be judged; None when it was."""
