"""A certificate has expired, or expires within 14 days.

Let's Encrypt certificates renew 30 days before they expire; with 14 days left, renewal has failed. The
finding is about the certificate; the hosts and streams that use it are related.

Fires:
    For every proxy manager certificate with less than 14 days left at the time of the run, if enabled hosts
    or streams use it, or none do.

Does not fire:
    For a certificate that only disabled hosts and streams use; if the expiry time is not known; for
    certificates outside the proxy manager.

Fix:
    Renew the certificate, and find out why renewal failed: see the proxy manager's Let's Encrypt log.

Accept:
    Ignore a certificate that is no longer needed until it is removed:

    ```yaml
    - target: {source: npm, kind: certificate, id: "old.example"}
      type: certificate-expiry
      reason: the name is given up at the end of the year
      expires: 2026-12-31
    ```
"""

from collections.abc import Iterator, Mapping
from datetime import timedelta

from reconciler.model.key import Key
from reconciler.model.rule import Violation
from reconciler.model.value import parse_timestamp
from reconciler.site import places
from reconciler.site.inputs import SiteInputs
from reconciler.site.rule import SiteRule
from reconciler.site.site_model import SiteModel

SOON = timedelta(days=14)


def check(model: SiteModel) -> Iterator[Violation]:
    """Yield the certificates that have expired or soon will."""
    now = model.inputs.inventory.run.collected_at
    users = _users(model.inputs)
    for key, row in model.inputs.certificates.items():
        if not row.expires_on:
            continue
        left = parse_timestamp(row.expires_on) - now
        if left < SOON:
            verb = "expires" if left > timedelta() else "expired"
            having = users.get((key.source, key.id), {})
            enabled = tuple(user for user, is_enabled in having.items() if is_enabled)
            if enabled or not having:
                because = (
                    place for user in enabled for place in places.fields(user, "/certificate", "/enabled")
                )
                yield Violation(key, f"{verb} on {row.expires_on[:10]}", enabled, because=tuple(because))


def _users(inputs: SiteInputs) -> Mapping[tuple[str, str], dict[Key, bool]]:
    """Return (source, certificate) → the hosts and streams that use it, and whether each is enabled."""
    found: dict[tuple[str, str], dict[Key, bool]] = {}
    for rows in (inputs.proxy_hosts, inputs.redirection_hosts, inputs.dead_hosts, inputs.streams):
        for key, row in rows.items():
            if row.certificate is not None:
                found.setdefault((key.source, row.certificate), {})[key] = row.enabled
    return found


RULE = SiteRule(
    name="certificate-expiry",
    severity="warning",
    hint="renew it, and find out why it was not renewed by itself",
    check=check,
    reads=("certificate", "proxy-host", "redirection-host", "dead-host", "stream"),
    needs=("certificate",),
)
