"""Untrusted text made harmless, whatever shows it.

Names, tags, descriptions and DHCP host names are chosen by whoever runs a guest or joins the network. In a
report they must not move a cursor, reorder a line, hide, link, mention, break out of a table or command a CI
runner.
"""

import re

LONGEST = 128
"""Characters of a text that are shown; the rest is an ellipsis."""

_HIDDEN = re.compile(
    "["
    "\x00-\x1f\x7f-\x9f\xad"  # controls, soft hyphen
    "\u0600-\u0605\u061c\u06dd\u070f\u0890\u0891\u08e2"  # Arabic and Syriac format marks
    "\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u3164\uffa0"  # invisible joiners and fillers
    "\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb"  # zero width, directions, line separators
    "\ud800-\udfff"  # lone surrogates
    "\U000110bd\U000110cd\U00013430-\U0001343f\U0001bca0-\U0001bca3\U0001d173-\U0001d17a"
    "\U000e0000-\U000e0fff"  # tags and variation selectors
    "]"
)
_CUT_ESCAPE = re.compile(r"\\(?:u[0-9a-f]{0,3}|U[0-9a-f]{0,7})?$")
_COMMAND = re.compile(r"::(?=[A-Za-z_-]*[G-Zg-z_-])|##(?=\[)")
"""`::set-output`, `##[command]`: what CI runners obey in a log. No IPv6 address has such a word."""


def visible(text: str, longest: int = LONGEST) -> str:
    r"""The text with all that is invisible or acts written as `\uXXXX`, cut to `longest` characters."""
    shown = _HIDDEN.sub(_escape, text[: longest + 1])
    if len(shown) > longest:
        shown = _CUT_ESCAPE.sub("", shown[: longest - 1]) + "…"
    return shown


def escape_terminal(text: str, longest: int = LONGEST) -> str:
    """The text for a terminal or a CI log: visible, and no runner's command wherever a line may break.

    Give it to rich as `Text`, which knows no markup.
    """
    return _COMMAND.sub(lambda match: f"{match[0][0]}\\u{ord(match[0][1]):04x}", visible(text, longest))


def escape_markdown_code(text: str, longest: int = LONGEST) -> str:
    """The text as a code span that is safe in a table cell too: no links, mentions, images or HTML.

    The fence is longer than any run of backticks inside (CommonMark 6.1); `|` is escaped as GitHub's and
    Gitea's tables want it, also inside code.
    """
    shown = visible(text, longest)
    if not shown.strip(" "):
        shown = '""' if not shown else f'"{shown}"'
    fence = "`" * (max((len(run) for run in re.findall("`+", shown)), default=0) + 1)
    space = " " if shown[0] in "` " or shown[-1] in "` " else ""
    return f"{fence}{space}{_pipes(shown)}{space}{fence}"


def escape_markdown(text: str, longest: int = 400) -> str:
    """The text as plain Markdown in which no character is markup."""
    return re.sub(r"([\\`*_{}\[\]<>()#+!|~@&$])", r"\\\1", visible(text, longest))


def _pipes(text: str) -> str:
    r"""`|` as `\|`; after a backslash, where readers differ, as its escape."""
    return re.sub(r"\\\|", r"\\\\u007c", text).replace("|", r"\|")


def _escape(match: re.Match[str]) -> str:
    code = ord(match[0])
    return f"\\u{code:04x}" if code <= 0xFFFF else f"\\U{code:08x}"
