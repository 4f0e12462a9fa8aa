"""Errors as answers."""


class ApiError(Exception):
    """An HTTP error as Proxmox gives it: the text is in the reason phrase.

    `errors` maps parameters to messages (of a 400); `empty` means no body at all, as for an unreachable node.
    """

    def __init__(
        self, status: int, reason: str, *, errors: dict[str, str] | None = None, empty: bool = False
    ) -> None:
        super().__init__(f"{status} {reason}")
        self.status = status
        self.reason = " ".join(reason.split())
        self.errors = errors
        self.empty = empty


def invalid(errors: dict[str, str]) -> ApiError:
    """Return the 400 for query or path parameters that the API schema does not allow."""
    return ApiError(400, "Parameter verification failed.", errors=errors)
