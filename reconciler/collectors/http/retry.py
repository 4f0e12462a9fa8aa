"""When a request is made again: the one policy of all systems, on urllib3's `Retry`."""

import time
from typing import Self

from urllib3 import HTTPResponse
from urllib3.exceptions import InvalidHeader, MaxRetryError, ProtocolError
from urllib3.util.retry import Retry

from reconciler.collectors.http.connection_errors import HostUnreachable, IncompleteResponse, NoTimeLeft
from reconciler.collectors.http.response import Response

_TO_ANOTHER_NODE = range(595, 600)
"""Proxmox VE cannot reach the node that should answer; it will hardly be there a second later."""
_CONNECT_RETRIES = 2
_PUT_OFF = 429


class RetryPolicy(Retry):
    """Tries again what may get better by itself, after pauses that grow: no timeout, no bad certificate."""

    def after(
        self, outcome: Response | HostUnreachable | IncompleteResponse, within: float, method: str = "GET"
    ) -> Self | None:
        """Return the policy for the next attempt, once its pause is over; None: there is to be none.

        An attempt that would not begin `within` so many seconds is not made, and its pause neither.
        """
        if not self.may_improve(outcome, method):
            return None
        answer = error = None
        if isinstance(outcome, Response):
            answer = HTTPResponse(status=outcome.status, headers=outcome.headers, preload_content=False)
        else:
            error = ProtocolError(str(outcome))
        try:
            following = self.increment("GET", None, response=answer, error=error)
        except MaxRetryError:
            return None
        pause = following.pause(answer)
        if pause >= within:
            return None
        if pause > 0:
            time.sleep(pause)
        return following

    def pause(self, answer: HTTPResponse | None) -> float:
        """Return the seconds before the next attempt: those that the server names, else growing ones."""
        try:
            named = self.get_retry_after(answer) if answer is not None else None
        except (InvalidHeader, ValueError, OverflowError):  # neither date nor number
            named = None
        return named or self.get_backoff_time()

    def may_improve(
        self, outcome: Response | HostUnreachable | IncompleteResponse, method: str = "GET"
    ) -> bool:
        """Return whether another attempt could end in another way.

        A POST that the server may have carried out is not made again: only one that found no connection, or
        that the server put off (429).
        """
        if method == "POST" and not isinstance(outcome, HostUnreachable):
            return isinstance(outcome, Response) and outcome.status == _PUT_OFF
        if isinstance(outcome, NoTimeLeft):
            return False
        if isinstance(outcome, IncompleteResponse):
            return not outcome.timed_out
        if isinstance(outcome, HostUnreachable):
            return not outcome.permanent and len(self.history) < _CONNECT_RETRIES
        if outcome.status in _TO_ANOTHER_NODE:
            return all(past.status != outcome.status for past in self.history)
        return self.is_retry("GET", outcome.status, "retry-after" in outcome.headers)


RETRY = RetryPolicy(
    total=4,
    allowed_methods={"GET"},
    status_forcelist={429, 502, 503, 504},
    backoff_factor=0.25,
    backoff_max=5,
    backoff_jitter=0.25,
    retry_after_max=20,
)
RETRY_SECONDS = 40.0
"""No attempt begins later than this after the first one."""
