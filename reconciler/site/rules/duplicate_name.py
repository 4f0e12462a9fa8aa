"""Two hosts of one proxy manager serve the same name.

nginx takes the first one silently. The finding is about the second one; the first is related.

Fires:
    For enabled proxy hosts and redirections that share a name.

Does not fire:
    Between two proxy managers, or for what is disabled. `*.lan.example` and `git.lan.example` are two
    names.

Fix:
    Remove the name from one of them.

Accept:
    An ignore rule for the host.
"""

from collections.abc import Iterator

from reconciler.model.key import Key
from reconciler.model.rule import Violation
from reconciler.site import places
from reconciler.site.rule import SiteRule
from reconciler.site.site_model import SiteModel

_FIELDS = ("/domain_names", "/enabled")
"""The fields that make a host serve a name."""


def check(model: SiteModel) -> Iterator[Violation]:
    """Yield the hosts with a name that an earlier one has."""
    inputs = model.inputs
    named: dict[tuple[str, str], Key] = {}
    for hosts in (inputs.proxy_hosts, inputs.redirection_hosts):
        for key, row in hosts.items():
            for name in row.domain_names if row.enabled else ():
                other = named.setdefault((key.source, name), key)
                if other != key:
                    because = (place for each in (key, other) for place in places.fields(each, *_FIELDS))
                    yield Violation(key, f"{other} serves {name} too", (other,), because=tuple(because))


RULE = SiteRule(
    name="duplicate-name",
    severity="warning",
    hint="remove the name from one of them",
    check=check,
    reads=("proxy-host", "redirection-host"),
)
