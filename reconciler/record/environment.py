"""The environment of the git processes: what git, ssh, proxies and helpers of logins need, and no secret.

An allow-list, because a CI job has secrets of other steps in its environment too. The variables that the
configuration names as secrets are left out even where their names are allowed ones.
"""

import re
from collections.abc import Container, Mapping

_ALLOWED = re.compile(
    r"PATH|HOME|TZ|TMPDIR|USER|LOGNAME|EMAIL"
    r"|LANG|LANGUAGE|LC_\w+"
    r"|XDG_\w+|DBUS_SESSION_BUS_ADDRESS|DISPLAY|WAYLAND_DISPLAY"
    r"|GIT_\w+"
    r"|SSH_AUTH_SOCK|SSH_AGENT_PID|SSH_ASKPASS|SSH_ASKPASS_REQUIRE"
    r"|(?:http|https|all|no)_proxy|HTTPS_PROXY|ALL_PROXY|NO_PROXY"
    r"|GNUPGHOME|SSL_CERT_FILE|SSL_CERT_DIR|NIX_SSL_CERT_FILE"
    r"|KRB5CCNAME|KRB5_CONFIG"
    r"|LD_LIBRARY_PATH|LD_PRELOAD"
)
_SURROUNDING = frozenset(
    {
        "GIT_ALTERNATE_OBJECT_DIRECTORIES",
        "GIT_COMMON_DIR",
        "GIT_CONFIG_PARAMETERS",
        "GIT_DIR",
        "GIT_GRAFT_FILE",
        "GIT_IMPLICIT_WORK_TREE",
        "GIT_INDEX_FILE",
        "GIT_INTERNAL_SUPER_PREFIX",
        "GIT_NAMESPACE",
        "GIT_OBJECT_DIRECTORY",
        "GIT_PREFIX",
        "GIT_QUARANTINE_PATH",
        "GIT_SHALLOW_FILE",
        "GIT_WORK_TREE",
    }
)
"""Set by git inside a hook or an alias; most are in `git rev-parse --local-env-vars`."""
_PATHSPECS = frozenset({"GIT_GLOB_PATHSPECS", "GIT_ICASE_PATHSPECS", "GIT_NOGLOB_PATHSPECS"})
"""Other readings of the paths that we name; git refuses them beside ours."""
_PERSON = re.compile(r"GIT_(?:AUTHOR|COMMITTER)_(?:NAME|EMAIL|DATE)")

_OURS = {
    "GIT_LITERAL_PATHSPECS": "1",
    "GIT_TERMINAL_PROMPT": "0",
    "LANGUAGE": "C",
    "LC_ALL": "C",
}


def for_git(environment: Mapping[str, str], secrets: Container[str] = ()) -> dict[str, str]:
    """Return the part of an environment that a git process gets; `secrets` are names of variables.

    An empty name, address or date of a person is left out: git takes it for one, and refuses to commit.
    """
    left_out = _SURROUNDING | _PATHSPECS
    allowed = {
        name: value
        for name, value in environment.items()
        if _ALLOWED.fullmatch(name) and name not in left_out and name not in secrets
    }
    empty = {name for name, value in allowed.items() if _PERSON.fullmatch(name) and not value.strip()}
    return {name: value for name, value in allowed.items() if name not in empty} | _OURS
