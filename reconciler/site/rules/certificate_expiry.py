"""A certificate has expired, or expires within 14 days.

Certificates that renew themselves do so 30 days before they expire; with 14 days left something is broken.
The finding is about the certificate; the hosts and streams that use it are related.

Fires:
    For every certificate of a proxy manager with less than 14 days left, used or not, by the clock of the
    run.

Does not fire:
    Where the date is not known, or for certificates outside the proxy manager.

Fix:
    Renew it, and find out why it was not renewed: see the proxy manager's log of Let's Encrypt.

Accept:
    One that is not needed any more, until it is removed:

    ```yaml
    - target: {source: npm, kind: certificate, id: "old.example"}
      type: certificate-expiry
      reason: the name is given up at the end of the year
      expires: 2026-12-31
    ```
"""

from collections.abc import Iterator
from datetime import timedelta

from reconciler.model.key import Key
from reconciler.model.rule import Violation
from reconciler.model.value import parse_timestamp
from reconciler.site.inputs import SiteInputs
from reconciler.site.rule import SiteRule
from reconciler.site.site_model import SiteModel

SOON = timedelta(days=14)


def check(model: SiteModel) -> Iterator[Violation]:
    """Yield the certificates that have expired or soon will."""
    now = model.inputs.inventory.run.collected_at
    for key, row in model.inputs.certificates.items():
        if not row.expires_on:
            continue
        left = parse_timestamp(row.expires_on) - now
        if left < SOON:
            verb = "expires" if left > timedelta() else "expired"
            yield Violation(key, f"{verb} on {row.expires_on[:10]}", tuple(_users(model.inputs, key)))


def _users(inputs: SiteInputs, certificate: Key) -> Iterator[Key]:
    for rows in (inputs.proxy_hosts, inputs.redirection_hosts, inputs.streams):
        for key, row in rows.items():
            if key.source == certificate.source and row.certificate == certificate.id:
                yield key


RULE = SiteRule(
    name="certificate-expiry",
    severity="warning",
    hint="renew it, and find out why it was not renewed by itself",
    check=check,
    reads=("certificate",),
)
