"""The version of the code host, and what workflows cannot rely on with it."""

import re
from collections.abc import Sequence
from typing import NamedTuple

from reconciler.model.check import Check
from reconciler.text import clean

OLDEST = (1, 22)
"""The oldest Gitea whose API and workflows are supported; Forgejo names the one it is compatible with."""

_NUMBERS = re.compile(r"v?(\d{1,4})\.(\d{1,4})")
_FORGEJO = re.compile(r"\+gitea-(\d{1,4})\.(\d{1,4})")


class Feature(NamedTuple):
    """Something that Gitea lacks before a version."""

    since: tuple[int, int]
    lack: str
    """The state of things without it."""


FEATURES: Sequence[Feature] = (
    Feature((1, 23), "cron expressions are in the time zone of the server, not in UTC"),
    Feature((1, 26), "`concurrency` and `permissions` of workflows are ignored"),
    Feature((1, 27), "`timeout-minutes` is ignored, and a job has no summary page"),
    Feature((1, 27), "the token of a job cannot push to a protected branch"),
)
"""From go-gitea/gitea#31742, #32751 and #36173, #37500, #38284; nothing that is installed relies on one."""


def check_version(text: str) -> Check:
    """Return the check of a version as the server reports it."""
    shown = clean(text)[:60]
    forgejo, own = _FORGEJO.search(text), _NUMBERS.match(text)
    match = forgejo or own
    if match is None:
        what = f"the server does not report its version, but {shown!r}" if shown else "it reports no version"
        remedy = f"see that it is Gitea {_dotted(OLDEST)} or newer, or Forgejo 7 or newer"
        return Check(name="version", state="note", what=what, remedy=remedy)
    name = "Forgejo" if forgejo else "Gitea"
    version = (int(match[1]), int(match[2]))
    if version < OLDEST:
        what = f"{name} {shown} is not supported: schedules and the API are not as expected"
        remedy = f"upgrade it to {_dotted(OLDEST)} or newer" if not forgejo else "upgrade it to 7 or newer"
        return Check(name="version", state="bad", what=what, remedy=remedy)
    brief = f"{name} {shown.partition('+')[0]}"
    lacking = [] if forgejo else [each for each in FEATURES if version < each.since]
    if not lacking:
        return Check(name="version", state="ok", what=f"{name} {shown}", brief=brief)
    facts = "; ".join(f"{each.lack} (before {_dotted(each.since)})" for each in lacking)
    remedy = f"mind it in workflows of your own, or upgrade to {_dotted(lacking[-1].since)}"
    return Check(name="version", state="note", what=f"{name} {shown}: {facts}", remedy=remedy, brief=brief)


def _dotted(version: tuple[int, int]) -> str:
    return ".".join(map(str, version))
