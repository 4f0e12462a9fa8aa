"""The text of an alarm for a type of sink, by its template. What the template prints is untrusted text.

Import it where it is used: jinja2 is slow to import.
"""

import re
from collections.abc import Callable
from functools import cache

from jinja2 import Environment, PackageLoader, StrictUndefined

from reconciler.alarms.message import STEP_WORDS, WORKING_WORDS, status_words
from reconciler.model.alarm import Alarm, AlarmChange, AlarmStep
from reconciler.report.escape import escape_markdown_code
from reconciler.text import visible

_LONGEST = 600
_MARKS = {"error": "▲", "warning": "!", "info": "·"}
_MENTION = re.compile(r"(?<![A-Za-z0-9])@")
_FOR_CHATS = str.maketrans({"<": "\u2039", ">": "\u203a", "&": "\uff06", "`": "\u02bc"})


class _Ours(str):
    """Text of our own, which is printed as it is."""

    __slots__ = ()


def render(alarm: Alarm, template: str) -> str:
    """Return the text of an alarm by the template of a type of sink; it ends with a line break."""
    rendered = _environment(template).get_template(f"{template}.txt.j2").render(alarm=alarm)
    return f"{rendered.strip()}\n"


def inert(text: str) -> str:
    """Return untrusted text as a line in which no chat sees a mention, a link or HTML.

    Chats differ in what they obey (Slack's `<!channel>`, Mattermost's `@all`), so what they all need for it
    is replaced; the members of the JSON have the text as it is.
    """
    return _MENTION.sub("\uff20", visible(text, _LONGEST).translate(_FOR_CHATS))


def for_chat(text: str) -> str:
    """Return untrusted text as a code span, in which markup has no effect either."""
    return escape_markdown_code(inert(text), _LONGEST, table=False)


def for_plain_text(text: str) -> str:
    """Return untrusted text for a reader that knows no markup."""
    return visible(text, _LONGEST)


_ESCAPES: dict[str, Callable[[str], str]] = {
    "webhook": for_chat,
    "email": for_plain_text,
    "ntfy": for_plain_text,
}


@cache
def _environment(template: str) -> Environment:
    """Return an environment in which all text that is not ours is escaped for a type of sink."""
    escape = _ESCAPES[template]

    def finalize(value: object) -> object:
        return escape(value) if isinstance(value, str) and not isinstance(value, _Ours) else value

    environment = Environment(
        loader=PackageLoader("reconciler.alarms"),
        autoescape=False,  # noqa: S701 - no HTML is made here; `finalize` escapes for each type
        undefined=StrictUndefined,
        finalize=finalize,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.filters.update(ours=_Ours, inert=lambda text: _Ours(inert(text)))
    environment.globals.update(
        mark=_mark, words=_words, begins=_begins, follows=_follows, status_words=status_words
    )
    return environment


def _mark(change: AlarmChange) -> str:
    return "✓" if change.change == "resolved" else _MARKS[change.severity]


def _begins(change: AlarmChange) -> str:
    """Return how the line of a change begins; new ones and those that stand need no word."""
    if change.change == "worse":
        return f"worse ({change.before} before): "
    return {"resolved": "resolved: ", "reopened": "again: "}.get(change.change, "")


def _follows(change: AlarmChange) -> str:
    return f" ({change.follows} follow{'s' if change.follows == 1 else ''} from it)" if change.follows else ""


def _words(step: AlarmStep) -> str:
    return (WORKING_WORDS if step.working else STEP_WORDS)[step.step]
