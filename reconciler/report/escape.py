"""Untrusted text made harmless, whatever shows it.

Names, tags, descriptions and DHCP host names are chosen by whoever runs a guest or joins the network. In a
report they must not move a cursor, reorder a line, hide, link, mention, break out of a table or command a CI
runner.
"""

import re

from reconciler.text import visible

MAX_CHARS = 128
"""Characters of a text that are shown; the rest is an ellipsis."""

_COMMAND = re.compile(r"::(?=[A-Za-z_-]*[G-Zg-z_-])|##(?=\[)")
"""`::set-output`, `##[command]`: what CI runners obey in a log. No IPv6 address has such a word."""


def escape_terminal(text: str, longest: int = MAX_CHARS) -> str:
    """The text for a terminal or a CI log: visible, and no runner's command wherever a line may break.

    Give it to rich as `Text`, which knows no markup.
    """
    return _COMMAND.sub(lambda match: f"{match[0][0]}\\u{ord(match[0][1]):04x}", visible(text, longest))


def escape_markdown_code(text: str, longest: int = MAX_CHARS, *, table: bool = True) -> str:
    """The text as a code span that is safe in a table cell too: no links, mentions, images or HTML.

    The fence is longer than any run of backticks inside (CommonMark 6.1); in a table, `|` is escaped as
    GitHub's and Gitea's tables want it, also inside code.
    """
    shown = visible(text, longest)
    if not shown.strip(" "):
        shown = '""' if not shown else f'"{shown}"'
    fence = "`" * (max((len(run) for run in re.findall("`+", shown)), default=0) + 1)
    space = " " if shown[0] in "` " or shown[-1] in "` " else ""
    return f"{fence}{space}{_pipes(shown) if table else shown}{space}{fence}"


def escape_markdown(text: str, longest: int = 400) -> str:
    """The text as plain Markdown in which no character is markup."""
    return re.sub(r"([\\`*_{}\[\]<>()#+!|~@&$])", r"\\\1", visible(text, longest))


def escape_inert(text: str, longest: int = 300) -> str:
    """Return text as it is, in Markdown that mentions no person, refers to no issue and links nowhere.

    Gitea looks for these in the source, so that a backslash before them is not enough.
    """
    escaped = escape_markdown(text, longest).replace("\\@", "@").replace("\\#", "#")
    return re.sub(r"[@#]|:(?=\\?/)|(?<=[Ww])\.", lambda found: f"&#{ord(found[0])};", escaped)


def _pipes(text: str) -> str:
    r"""`|` as `\|`; after a backslash, where readers differ, as its escape."""
    return re.sub(r"\\\|", r"\\\\u007c", text).replace("|", r"\|")
