"""Who may have made a change: an entry of a log of the source, from the interval in which it was made."""

from pydantic import Field

from reconciler.model.value import Timestamp, Value


class Act(Value):
    """An entry that may explain a change; evidence, never certainty."""

    at: Timestamp
    account: str = Field(description="The id of the account only: root@pam; untrusted text")
    what: str = Field(description="The type of the task or event: qmdestroy")
    reference: str | None = Field(None, description="The id of the entry in its log: the UPID of a task")
