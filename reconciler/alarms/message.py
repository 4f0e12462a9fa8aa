"""News as the content of a notification: the worst first, like ones as one line, and not too many lines."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence

from reconciler.alarms.news import OF_STATUS, CauseNews, News, Steps
from reconciler.alarms.situation import Situation
from reconciler.config.severity import SEVERITIES, Severity
from reconciler.errors import Problem
from reconciler.model.alarm import Alarm, AlarmChange, AlarmSource, AlarmStep, CauseChange, RunStep
from reconciler.report.blocks import FOLD_ABOVE
from reconciler.report.sections import label
from reconciler.text import counted, enumerated, natural, visible

MOST_LINES = 20
"""Lines for causes; the rest is counted."""
MOST_AT_FIRST = 10
"""The same in the first notification of a sink."""
_MOST_IDS = 20
_MAX_TEXT = 200

_ORDER: tuple[CauseChange, ...] = ("open", "new", "reopened", "worse", "resolved")
STEP_WORDS: Mapping[RunStep, str] = {
    "load": "the run could not begin",
    "record": "recording failed",
    "publish": "publishing failed",
}
WORKING_WORDS: Mapping[RunStep, str] = {
    "load": "runs start again",
    "record": "recording works again",
    "publish": "publishing works again",
}


def compose(
    news: News, now: Situation | None, steps: Steps, site: str, sink: str, link: str | None = None
) -> Alarm:
    """Return the notification of a sink. Text from the site is untrusted, but printable and short."""
    changes = sorted(_folded(news.causes), key=_worst_first)
    most = MOST_AT_FIRST if news.first else MOST_LINES
    sources = tuple(_sources(news, now)) if now else ()
    run = now.report.run if now else None
    return Alarm(
        site=visible(site),
        sink=sink,
        run_id=run.id if run else None,
        collected_at=run.collected_at if run else None,
        first=news.first,
        subject=f"{visible(site)}: {_subject(news, now, sources)}",
        verdict=now.report.summary.verdict if now else None,
        severity=_severity(news),
        counts=_counts(news.causes),
        open=dict(news.open),
        changes=tuple(changes[:most]),
        more=sum(each.count for each in changes[most:]),
        sources=sources,
        steps=tuple(_steps(news, steps)),
        link=link,
    )


def trial(site: str, sink: str, link: str | None = None) -> Alarm:
    """Return a notification that only shows that a sink works."""
    subject = f"{visible(site)}: this is a test of the alarm sink {sink}"
    return Alarm(kind="test", site=visible(site), sink=sink, subject=subject, severity="info", link=link)


def _severity(news: News) -> Severity:
    """Return the worst of what got worse."""
    found: list[Severity] = ["error"] if news.failed else ["info"]
    found += [each.cause.severity for each in news.causes if each.change != "resolved"]
    found += [OF_STATUS[each.status] for each in news.sources]
    return max(found, key=SEVERITIES.index)


def _counts(causes: Iterable[CauseNews]) -> dict[CauseChange, int]:
    found = Counter(each.change for each in causes)
    return {change: found[change] for change in _ORDER if found[change]}


def _subject(news: News, now: Situation | None, sources: Sequence[AlarmSource]) -> str:
    parts = [STEP_WORDS[step] for step in news.failed]
    parts += [f"{each.name} {status_words(each)}" for each in sources]
    parts += _count_words(_counts(news.causes))
    parts += [WORKING_WORDS[step] for step in news.working]
    about = [label(now.report).upper()] if now else []
    about += [counted(count, _NOUNS[severity]) for severity, count in news.open.items()]
    return ", ".join(parts) + (f" ({', '.join(about)})" if about else "")


_NOUNS: Mapping[Severity, str] = {"error": "error", "warning": "warning", "info": "note"}


def _count_words(counts: Mapping[CauseChange, int]) -> Iterator[str]:
    """Yield `2 new causes`, `1 resolved`: the noun only once."""
    for number, (change, count) in enumerate(counts.items()):
        noun = "" if number else f" {'cause' if count == 1 else 'causes'}"
        yield f"{count} {change}{noun}" if change != "resolved" else f"{count}{noun} resolved"


def status_words(source: AlarmSource) -> str:
    """Return the status of a source as a sentence ends."""
    if source.status == "complete":
        return "can be read again"
    if source.status == "failed":
        return "cannot be read"
    return "can be read again in part" if source.before == "failed" else "can be read only in part"


def _folded(causes: Iterable[CauseNews]) -> Iterator[AlarmChange]:
    """Yield the lines: more than a few causes of one type and kind that changed alike are one."""
    alike: dict[object, list[CauseNews]] = {}
    for each in causes:
        cause = each.cause
        same = (each.change, cause.severity, each.before, cause.type, cause.key.source, cause.key.kind)
        alike.setdefault(same, []).append(each)
    for group in alike.values():
        if len(group) > FOLD_ABOVE:
            yield _many(sorted(group, key=lambda each: natural(each.cause.key.id)))
        else:
            yield from map(_one, group)


def _one(each: CauseNews) -> AlarmChange:
    cause = each.cause
    return AlarmChange(
        change=each.change,
        severity=cause.severity,
        before=each.before,
        type=cause.type,
        key=visible(str(cause.key), _MAX_TEXT),
        name=cause.name if cause.name != cause.key.id else None,
        title=visible(cause.title, _MAX_TEXT),
        who=each.now.who if each.now else None,
        ids=(each.id,),
        follows=len(each.now.follows) if each.now else 0,
    )


def _many(group: Sequence[CauseNews]) -> AlarmChange:
    first = group[0].cause
    numbers = Counter(visible(each.cause.key.id, 40) for each in group)
    names = enumerated([f"{name} ({number})" if number > 1 else name for name, number in numbers.items()], 3)
    return AlarmChange(
        change=group[0].change,
        severity=first.severity,
        before=group[0].before,
        type=first.type,
        key=f"{first.key.source}/{first.key.kind}",
        title=f"{_type(first.type)}: {names}",
        ids=tuple(each.id for each in group[:_MOST_IDS]),
        count=len(group),
        follows=sum(len(each.now.follows) for each in group if each.now),
    )


def _type(name: str) -> str:
    return "not declared" if name == "unmanaged" else name


def _worst_first(change: AlarmChange) -> tuple[object, ...]:
    resolved = change.change == "resolved"
    return resolved, -SEVERITIES.index(change.severity), -change.follows, natural(change.key)


def _sources(news: News, now: Situation) -> Iterator[AlarmSource]:
    for each in news.sources:
        status = now.report.run.sources[each.name]
        problem = None if each.status == "complete" else status.problem
        yield AlarmSource(
            name=each.name, status=each.status, before=each.before, problem=problem and _shortened(problem)
        )


def _steps(news: News, steps: Steps) -> Iterator[AlarmStep]:
    for step in news.failed:
        problems = steps[step]
        yield AlarmStep(step=step, working=False, problem=_shortened(problems[0]), more=len(problems) - 1)
    for step in news.working:
        yield AlarmStep(step=step, working=True)


def _shortened(problem: Problem) -> Problem:
    return Problem(
        visible(problem.subject, _MAX_TEXT),
        visible(problem.what, _MAX_TEXT),
        visible(problem.remedy, _MAX_TEXT),
        problem.cause,
    )
