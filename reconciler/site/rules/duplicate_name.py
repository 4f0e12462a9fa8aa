"""Two hosts of one proxy manager serve the same name.

nginx silently uses the first one. The finding is about the second one; the others are related.

Fires:
    For enabled proxy hosts, redirection hosts and 404 hosts that share a name. Each name is one finding.

Does not fire:
    Between two proxy managers, or for disabled hosts. `*.lan.example` and `git.lan.example` are different
    names.

Fix:
    Remove the name from one of them.

Accept:
    Add an ignore rule for the host.
"""

from collections.abc import Iterator

from reconciler.model.key import Key
from reconciler.model.rule import Violation
from reconciler.site import places
from reconciler.site.rule import SiteRule
from reconciler.site.site_model import SiteModel
from reconciler.text import enumerated

_FIELDS = ("/domain_names", "/enabled")
"""The fields that make a host serve a name."""


def check(model: SiteModel) -> Iterator[Violation]:
    """Yield the second of the hosts that share a name."""
    inputs = model.inputs
    named: dict[tuple[str, str], dict[Key, None]] = {}
    for hosts in (inputs.proxy_hosts, inputs.redirection_hosts, inputs.dead_hosts):
        for key, row in hosts.items():
            for name in row.domain_names if row.enabled else ():
                named.setdefault((key.source, name), {})[key] = None
    for (_, name), keys in named.items():
        if len(keys) > 1:
            first, second, *more = keys
            others = (first, *more)
            verb = "serves" if len(others) == 1 else "serve"
            because = (place for each in keys for place in places.fields(each, *_FIELDS))
            yield Violation(second, f"{enumerated(others)} {verb} {name} too", others, because=tuple(because))


RULE = SiteRule(
    name="duplicate-name",
    severity="warning",
    hint="remove the name from one of them",
    check=check,
    reads=("proxy-host", "redirection-host", "dead-host"),
)
