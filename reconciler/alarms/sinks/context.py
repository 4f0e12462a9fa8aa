"""The surroundings of a sink beside its settings and the alarm, and its errors."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from reconciler.collectors.http.untrusted import Remedies
from reconciler.errors import Cause, Problem, ReconcilerError
from reconciler.model.deadline import Deadline

REMEDIES = Remedies(
    ca_file="set ca_file to the CA certificate that signed it",
    fingerprint="`openssl x509 -noout -fingerprint -sha256`, run on that server",
)


@dataclass(frozen=True, slots=True)
class SinkContext:
    """The environment that holds the secrets, the top of the repository, and by when it has to end."""

    environment: Mapping[str, str]
    root: Path
    deadline: Deadline


class SinkError(ReconcilerError):
    """An alarm that was not delivered."""


def subject(name: str) -> str:
    """Return how messages name a sink."""
    return f"alarms: {name}"


def failed(name: str, what: str, remedy: str = "", cause: Cause = "other") -> SinkError:
    """Return the error of a sink."""
    return SinkError(Problem(subject(name), what, remedy, cause))
