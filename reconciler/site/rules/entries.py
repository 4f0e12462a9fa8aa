"""What several rules ask of the entries of the port map."""

from reconciler.model.key import Key
from reconciler.site.join import Join


def enabled(join: Join, entry: Key) -> bool:
    """Whether a proxy host, stream or port forward is on."""
    return bool(join.facts.rows(entry.kind).get(entry, {}).get("enabled", True))
