"""The one list of systems and kinds; everything else receives them as arguments."""

from collections.abc import Callable, Mapping

from reconciler.collectors.npm import SYSTEM as NPM
from reconciler.collectors.proxmox import SYSTEM as PROXMOX
from reconciler.collectors.unifi import SYSTEM as UNIFI
from reconciler.config.file import SITE, Config
from reconciler.config.settings import SourceSettings
from reconciler.drift.rules import RULES as OF_DRIFT
from reconciler.drift.rules import Rules
from reconciler.model.kind import AnyKind, Kinds
from reconciler.model.system import AnySystem
from reconciler.site import KINDS as SITE_KINDS
from reconciler.site.rules import RULES as OF_SITE

SYSTEMS: Mapping[str, AnySystem] = {system.name: system for system in (PROXMOX, UNIFI, NPM)}
"""The systems that a source's `type` may name."""


def settings() -> Mapping[str, type[SourceSettings]]:
    """Return the settings model of each system, as `load_config` expects them."""
    return {name: system.settings for name, system in SYSTEMS.items()}


RULES: Rules = {**OF_DRIFT, **OF_SITE}
"""Every rule, by name."""


def kinds_of(config: Config) -> Kinds:
    """Return the kinds of each configured source, and those of the site, which are declared only."""
    return {
        **{
            source.name: {kind.name: kind for kind in SYSTEMS[source.type].kinds} for source in config.sources
        },
        SITE: {kind.name: kind for kind in SITE_KINDS},
    }


def kind_finder(config: Config | None) -> Callable[[str, str], AnyKind | None]:
    """Return a function that finds the kind of a (source, kind), or None.

    Without a configuration, a kind is known by its name: no two systems share one.
    """
    if config is not None:
        kinds = kinds_of(config)
        return lambda source, kind: kinds.get(source, {}).get(kind)
    named = {kind.name: kind for system in SYSTEMS.values() for kind in system.kinds}
    return lambda _source, kind: named.get(kind)


def withheld(config: Config) -> Mapping[tuple[str, str], str]:
    """Return (source, kind) → the free-text field that the source is configured not to read."""
    return {
        (source.name, kind.name): kind.notes
        for source in config.sources
        for kind in SYSTEMS[source.type].kinds
        if kind.notes is not None and not getattr(source, "store_descriptions", True)
    }
