"""The context in which rows of a proxy manager are read."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from reconciler.model.fingerprint import RowContext


@dataclass(frozen=True, slots=True)
class NpmContext(RowContext):
    """The context of a listing; a list of names is None where it could not be read, or is not needed."""

    certificates: Mapping[str, str] | None = None
    """Id → the certificate's id as a resource."""
    access_lists: Mapping[str, str] | None = None
    """Id → name."""
    names_complete: bool = True
    """Whether an id that is in neither list stands for nothing; else it may only be hidden."""
    store_descriptions: bool = False
    now: datetime | None = None
    """The time of the run: certificates end."""
