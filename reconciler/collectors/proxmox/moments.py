"""Times of Proxmox VE: seconds since 1970, 0 for none."""

from reconciler.collectors.http.values import whole_number
from reconciler.model.value import moment, timestamp


def time_of(seconds: object) -> str | None:
    """Return a time as text; None for none, and for what is not one."""
    number = whole_number(seconds)
    return timestamp(moment(number)) if number and number < 10**11 else None
