"""Who may have made a change: an entry of a log of the source, from the interval in which it was made."""

from dataclasses import dataclass
from fnmatch import fnmatchcase

from pydantic import Field

from reconciler.model.value import Timestamp, Value


class Act(Value):
    """An entry that may explain a change; evidence, never certainty."""

    at: Timestamp
    account: str = Field(description="Account id only, such as root@pam; untrusted text")
    what: str = Field(description="Type of the task or event, such as qmdestroy")
    reference: str | None = Field(None, description="Id of the log entry, such as the UPID of a task")


@dataclass(frozen=True, slots=True)
class LogEntry:
    """An entry of a source's log, and which changes it can explain."""

    act: Act
    subjects: frozenset[tuple[str, str]] = frozenset()
    """The (kind, id) that it is about, `*` in an id for any text; none: that is not known."""
    effects: frozenset[str] = frozenset()
    """The changes that it makes (`deleted`, `moved`), as events name them; none: any."""

    def is_about(self, kind: str, identity: str) -> bool:
        """Return whether it is known to be about a resource."""
        return any(kind == each and fnmatchcase(identity, pattern) for each, pattern in self.subjects)
