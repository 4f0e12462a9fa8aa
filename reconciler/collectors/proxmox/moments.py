"""Times of Proxmox VE: seconds since 1970, 0 for none."""

from reconciler.collectors.http.values import is_nothing, whole_number
from reconciler.model.value import moment, timestamp


def time_of(seconds: object) -> str | None:
    """Return a time as text; None for none, and what is not one as it is, which costs the field."""
    if is_nothing(seconds):
        return None
    number = whole_number(seconds)
    if number is None or number >= 10**11:
        return f"{seconds}"
    return timestamp(moment(number)) if number else None
