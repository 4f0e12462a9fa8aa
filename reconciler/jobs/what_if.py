"""Work out from the last record what an outage would cost, and what a resource depends on."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import urlsplit

from reconciler.config.file import Config
from reconciler.errors import Problem, ReconcilerError, UsageError
from reconciler.jobs import steps
from reconciler.model.key import Key
from reconciler.model.progress import Progress
from reconciler.model.snapshot import Inventory
from reconciler.site.outage.needs import Need, Needs
from reconciler.site.outage.outage import Outage, outage
from reconciler.site.outage.parts import CAN_GO_DOWN
from reconciler.site.rule import ENTRIES
from reconciler.site.site_model import SiteModel
from reconciler.text import enumerated, quoted
from reconciler.yamlfile.validation import did_you_mean

_LISTS = ("guest", "node", "storage", "device", "switch-port", "ha-resource")
"""The lists without which an answer may lack something."""


@dataclass(frozen=True, slots=True)
class WhatIf:
    """The answer of `what-if`, from one recorded run."""

    collected_at: datetime
    run_id: str
    names: Mapping[Key, str]
    """The names of resources, for display; untrusted text."""
    outage: Outage | None
    needs: Mapping[Key, tuple[Need, ...]]
    incomplete: tuple[str, ...]
    """Why something may be missing."""


def what_if(config: Config, down: Iterable[str], needs: Iterable[str], progress: Progress) -> WhatIf:
    """Return what is lost with the resources in `down`, and what those in `needs` depend on.

    Raises `UsageError` for a resource that the last record does not have, or whose kind cannot go down.
    """
    _, recorded = steps.read_record_if_any(config, progress)
    if recorded is None:
        raise ReconcilerError(Problem("what-if", "nothing is recorded yet", "run `reconciler run` first"))
    inventory = recorded.inventory
    problems: list[Problem] = []
    asked, wanted = _keys(down, inventory, CAN_GO_DOWN, problems), _keys(needs, inventory, (), problems)
    if problems:
        raise UsageError(problems)
    model = SiteModel(inventory, config.settings.capacity)
    servers = _servers(config, inventory)
    return WhatIf(
        collected_at=inventory.run.collected_at,
        run_id=inventory.run.id,
        names=_names_by_key(inventory),
        outage=outage(model, asked, servers, config.settings.capacity) if asked else None,
        needs={key: Needs(model, servers).needs_of(key) for key in wanted},
        incomplete=tuple(_incomplete(inventory)),
    )


def _incomplete(inventory: Inventory) -> Iterator[str]:
    """Yield which lists that matter are not complete, and which rows are older."""
    for scope in inventory.scopes:
        if scope.kind not in _LISTS or scope.retired:
            continue
        if scope.listed != "complete":
            yield f"{scope.source}/{scope.kind}: {scope.problem or f'the list is {scope.listed}'}"
        elif scope.unread:
            first = min(scope.unread)
            yield f"{scope.source}/{scope.kind}: {len(scope.unread)} unread: {scope.unread[first]}"


def _names_by_key(inventory: Inventory) -> dict[Key, str]:
    found = ((key, row.get("name")) for key, row in inventory.config.items())
    return {key: name for key, name in found if isinstance(name, str) and name != key.id}


def _servers(config: Config, inventory: Inventory) -> dict[str, tuple[str, ...]]:
    """Return source → the addresses at which it is read; a host that is a node stands for its address."""
    nodes = {
        key.id.lower(): row.get("address") for key, row in inventory.config.items() if key.kind == "node"
    }
    found: dict[str, tuple[str, ...]] = {}
    for source in config.sources:
        hosts = getattr(source, "hosts", None) or [urlsplit(getattr(source, "url", "")).netloc]
        names = [urlsplit(f"//{host}").hostname or "" for host in hosts]
        found[source.name] = tuple(str(nodes.get(name.partition(".")[0]) or name) for name in names)
    return found


def _keys(
    texts: Iterable[str], inventory: Inventory, kinds: Sequence[str], problems: list[Problem]
) -> tuple[Key, ...]:
    """Return the resources that are named, by key, id or name; `kinds` are those that they may be of.

    Add a problem for each that is none of them, or several.
    """
    known = {*inventory.config, *inventory.observed}
    names = _names_by_key(inventory)
    found: list[Key] = []
    for text in texts:
        among = _matching_keys(text, known, names, kinds)
        if len(among) == 1:
            found += among
        else:
            problems.append(_which(text, among, known, kinds))
    return tuple(dict.fromkeys(found))


def _matching_keys(
    text: str, known: Collection[Key], names: Mapping[Key, str], kinds: Sequence[str]
) -> list[Key]:
    """Return the resources that a text names: the one with this key, else all with this id or name."""
    wanted = text.strip()
    exact = [key for key in known if str(key) == wanted]
    if exact:
        return [key for key in exact if not kinds or key.kind in kinds]
    if not wanted:
        return []
    folded = wanted.casefold()
    kinds = kinds or (*CAN_GO_DOWN, *ENTRIES)
    return sorted(
        key
        for key in known
        if key.kind in kinds
        and folded in {key.id.casefold(), f"{key.kind}/{key.id}".casefold(), names.get(key, "").casefold()}
    )


def _which(text: str, among: Sequence[Key], known: Collection[Key], kinds: Sequence[str]) -> Problem:
    subject = quoted(text)
    if among:
        return Problem(subject, f"may be {enumerated(among)}", "name it as source/kind/id")
    of_other = next((key for key in known if str(key) == text.strip()), None)
    if of_other is not None:
        what = f"is a {of_other.kind}, and what-if knows only these as down: {', '.join(kinds)}"
        return Problem(subject, what)
    near = did_you_mean(text.strip(), sorted(map(str, known)))
    return Problem(subject, f"is not in the last record{near}", "name a resource as source/kind/id")
