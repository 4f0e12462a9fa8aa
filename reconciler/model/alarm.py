"""The content of an alarm: what a webhook gets as JSON, and what the other sinks show as text."""

from typing import Literal

from pydantic import Field

from reconciler.config.severity import Severity
from reconciler.model.listing import Listed
from reconciler.model.problem import ProblemValue
from reconciler.model.value import Timestamp, Value

CauseChange = Literal["open", "new", "reopened", "worse", "resolved"]
"""The fate of a cause since its sink was last notified; open: it stands, in the first notification."""

RunVerdict = Literal["in_sync", "drifted", "incomplete"]

RunStep = Literal["load", "record", "publish"]
STEPS: tuple[RunStep, ...] = ("load", "record", "publish")
"""The steps of a run that may fail: what comes before reading the sources, the record, the publication."""


class AlarmChange(Value):
    """One cause that changed, or several of one type and kind that changed alike."""

    change: CauseChange = Field(description="open: present in the first notification of a sink")
    severity: Severity = Field(
        description="Highest severity of the cause and of the findings that follow from it"
    )
    before: Severity | None = Field(None, description="For `worse`: the severity last sent to the sink")
    type: str = Field(description="missing, drifted, unmanaged, or the name of a rule")
    key: str = Field(description="source/kind/id; source/kind if it stands for several causes")
    name: str | None = Field(None, description="The resource's own name; untrusted text")
    title: str = Field(description="The cause in one sentence; may contain untrusted text")
    who: str | None = Field(None, description="Log entry of the source that may explain it; untrusted text")
    ids: tuple[str, ...] = Field(description="Ids of the findings, the first 20 at most")
    count: int = Field(1, ge=1, description="Number of causes in this entry")
    follows: int = Field(0, ge=0, description="Number of findings that follow from it")


class AlarmSource(Value):
    """A source whose status has changed since the sink was last notified."""

    name: str
    status: Listed
    before: Listed = Field(description="Status last sent to the sink")
    problem: ProblemValue | None = Field(None, description="Why it is not complete")


class AlarmStep(Value):
    """A step of the run that failed, or works again."""

    step: RunStep = Field(
        description="load: everything before the sources are read, such as the desired state"
    )
    working: bool = Field(description="false: it failed; true: it works again")
    problem: ProblemValue | None = Field(None, description="The first problem")
    more: int = Field(0, ge=0, description="Number of further problems")


class Alarm(Value):
    """A notification to one sink: all changes since the previous one."""

    kind: Literal["alarm", "test"] = Field("alarm", description="test: sent by `reconciler try-alarms`")
    site: str
    sink: str = Field(description="Name of the sink")
    run_id: str | None = None
    collected_at: Timestamp | None = None
    first: bool = Field(
        default=False, description="First notification of the sink: a summary of everything open"
    )
    subject: str = Field(description="Summary in one line")
    text: str = Field("", description="Full text for a chat; the key that chat services read")
    verdict: RunVerdict | None = Field(None, description="Verdict of the run, as in its summary")
    severity: Severity = Field(description="Highest severity of what got worse; info if nothing did")
    counts: dict[CauseChange, int] = Field(default_factory=dict, description="Number of causes by change")
    open: dict[Severity, int] = Field(
        default_factory=dict, description="Open causes that pass the filter of the sink, by severity"
    )
    changes: tuple[AlarmChange, ...] = Field((), description="Changed causes, worst first; at most 20")
    more: int = Field(0, ge=0, description="Number of changed causes that are not in `changes`")
    sources: tuple[AlarmSource, ...] = ()
    steps: tuple[AlarmStep, ...] = ()
    link: str | None = Field(None, description="Published pages, if `publish.address` is set")
