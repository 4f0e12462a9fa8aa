"""Who has, or had, an address, as text."""

from collections.abc import Iterator
from datetime import datetime

from reconciler.model.holding import Holding, Mention, WhoAnswer
from reconciler.report.escape import escape_terminal
from reconciler.report.timeline import columns, last_read, minute


def who_lines(answer: WhoAnswer) -> Iterator[str]:
    """Yield the lines of an answer."""
    with_address = answer.meant != "address"
    if not answer.holdings:
        yield f"no resource has {escape_terminal(answer.query)} in this record"
    rows = [_holding(each, with_address=with_address) for each in answer.holdings]
    yield from columns(rows)
    if answer.mentions:
        yield ""
        yield "leads to it"
        yield from columns([_mention(each, with_address=with_address) for each in answer.mentions])
    if answer.earlier:
        yield ""
        cut = len(answer.earlier) < answer.earlier_total
        more = f" ({len(answer.earlier)} of {answer.earlier_total}; --limit 0 shows all)" if cut else ""
        yield f"at other times{more}"
        yield from columns([_holding(each, with_address=with_address) for each in answer.earlier])
    yield ""
    if not answer.now:
        yield f"as recorded {minute(answer.as_of)} UTC; observed addresses are not kept for the past"
    yield f"{escape_terminal(answer.site)}: {last_read(answer)}"


def _holding(each: Holding, *, with_address: bool) -> tuple[str, ...]:
    name = (
        f"{escape_terminal(each.name)} ({escape_terminal(str(each.key))})"
        if each.name
        else escape_terminal(str(each.key))
    )
    address = (escape_terminal(each.address or "-"),) if with_address else ()
    return (*address, name, ", ".join(map(escape_terminal, each.how)), span(each))


def _mention(each: Mention, *, with_address: bool) -> tuple[str, ...]:
    names = ", ".join(map(escape_terminal, each.names[:3])) or escape_terminal(each.key.id)
    address = (escape_terminal(each.address),) if with_address else ()
    return (*address, names, f"{each.what} {escape_terminal(str(each.key))}", span(each))


def span(each: Holding | Mention) -> str:
    """Return from when to when something was so: `2026-10-09 – today`."""
    if each.since is None:
        return "now" if each.until is None else f"until {minute(each.until)}"
    close = each.until is not None and each.until.date() == each.since.date()
    since = f"{_day(each.since, close=close)}{' or earlier' if each.since_first_record else ''}"
    return f"{since} – {'today' if each.until is None else _day(each.until, close=close)}"


def _day(moment: datetime, *, close: bool) -> str:
    return minute(moment) if close else f"{moment:%Y-%m-%d}"
