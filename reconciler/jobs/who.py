"""Who has, or had, an address, a MAC address or a name: joined from every source, at a time of the record."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from difflib import get_close_matches
from typing import TYPE_CHECKING

from reconciler.config.file import SITE, Config
from reconciler.config.settings import CapacitySettings
from reconciler.errors import Problem, RecordError
from reconciler.jobs.queries import as_of, open_query
from reconciler.jobs.question import Question, names_of, understand
from reconciler.jobs.spans import ADDRESS_KINDS, FactsOf, Span, spans
from reconciler.model.holding import Holding, Mention, WhoAnswer
from reconciler.model.key import Key
from reconciler.model.kind import AnyKind
from reconciler.model.progress import Progress
from reconciler.model.recorded import Recorded
from reconciler.model.value import Row
from reconciler.site import KINDS as SITE_KINDS
from reconciler.site.addresses import AddressEvidence
from reconciler.site.inputs import SiteInputs
from reconciler.site.mentions import mentions
from reconciler.site.site_model import SiteModel
from reconciler.site.subnets import number_of
from reconciler.text import visible

if TYPE_CHECKING:
    from reconciler.record.queries import AsOf, KindOf, RowVersions

_Evidence = dict[tuple[str, Key], list[AddressEvidence]]
"""Address and holder → what shows that it has the address."""
_HOW = (
    "configured",
    "reserved",
    "gateway",
    "inferred",
    "seen by its agent",
    "seen by the controller",
    "its address in the cluster",
    "declared",
)
_OWNERS = frozenset({"guest", "node", "device", "reservation", "client"})
_SITE_KINDS = {kind.name: kind for kind in SITE_KINDS}


def who(
    config: Config | None, text: str, at: datetime | str | None, limit: int, progress: Progress
) -> WhoAnswer:
    """Return who has an address, a MAC address or a name in the record of a time, and since when.

    At most `limit` others that had it at other times (0: all). Raises `RecordError` where none ever had it.
    """
    from reconciler.record import queries

    asked = open_query(config, progress, typed=True)
    kind_of = _with_site(asked.kind_of)
    answer = as_of(asked, at)
    same = answer.commit.id == asked.last.commit
    recorded = asked.last if same else queries.load_at(asked.record, answer.commit.id, kind_of)
    model = _model(recorded, kind_of)
    question = understand(text, model.inputs)
    evidence = _evidence(model, question)
    needles = {*question.needles, *(address for address, _ in evidence)}
    versions = queries.row_versions(asked.record, ADDRESS_KINDS, lambda data: _rows(data, question, needles))
    found = spans(versions, FactsOf(recorded.inventory, kind_of), question.wants)
    position = _position(versions, answer)
    present = [span for span in found if span.covers(position)]
    others = _without_address(model.inputs, question, {holder for _, holder in evidence})
    holdings = [*_holdings(model, evidence, present), *others]
    used = {(holding.address, each.partition(" ")[0]) for holding in holdings for each in holding.at}
    earlier = list(_earlier(model, found, position, used))
    mentioned = list(_mentions(model, question, holdings, present))
    if not holdings and not earlier and not mentioned:
        raise _never(question, model)
    return WhoAnswer(
        **asked.facts(*recorded.problems, *answer.problems, *versions.problems),
        query=question.text,
        meant=question.meant,
        as_of=recorded.report.run.collected_at,
        now=same,
        holdings=tuple(holdings),
        earlier=tuple(earlier[:limit] if limit else earlier),
        earlier_total=len(earlier),
        mentions=tuple(mentioned),
    )


def _with_site(kind_of: "KindOf") -> "KindOf":
    def found(source: str, name: str) -> AnyKind | None:
        return _SITE_KINDS.get(name) if source == SITE else kind_of(source, name)

    return found


def _model(recorded: Recorded, kind_of: "KindOf") -> SiteModel:
    """Return the site model of a record, without kinds that this version or the configuration lacks."""
    inventory = recorded.inventory
    unknown = {key[:2] for key in inventory.config if kind_of(*key[:2]) is None}
    return SiteModel(inventory.without(unknown | inventory.retired), CapacitySettings())


def _rows(data: bytes, question: Question, needles: Iterable[str]) -> dict[str, Row]:
    """Return the rows of a file that may matter: those with one of some texts, and those asked about."""
    from reconciler.record import queries

    found: dict[str, Row] = {}
    for needle in needles:
        found |= queries.rows_with(data, needle)
    for identity in question.ids - found.keys():
        row = queries.row(data, identity)
        if isinstance(row, dict):
            found[identity] = row
    return found


def _position(versions: "RowVersions", answer: "AsOf") -> int:
    """Return the position of the commit of a record; of one elsewhere, that of the last one before it."""
    for at, commit in enumerate(versions.commits):
        if commit.id == answer.commit.id:
            return at
    return next((at for at, each in enumerate(versions.commits) if each.at <= answer.commit.at), 0)


def _evidence(model: SiteModel, question: Question) -> _Evidence:
    """Return what shows who has it in the record."""
    found: _Evidence = {}
    for address in sorted(model.addresses, key=number_of):
        for one in model.addresses[address]:
            if _is_asked(model.inputs, question, one):
                found.setdefault((address, one.holder), []).append(one)
    return found


def _holdings(model: SiteModel, found: _Evidence, present: Sequence[Span]) -> Iterator[Holding]:
    """Yield who has it in the record, each resource and address once."""
    for (address, holder), evidence in found.items():
        keys = {one.key for one in evidence}
        mine = [span for span in present if span.fact.address == address and span.fact.key in keys]
        yield Holding(
            address=address,
            key=holder,
            name=_name(model.inputs, holder),
            how=tuple(sorted({_how(one) for one in evidence}, key=_HOW.index)),
            at=tuple(dict.fromkeys(f"{one.key} {one.field}".rstrip() for one in evidence)),
            macs=tuple(sorted({one.mac for one in evidence if one.mac})),
            **_times(mine),
        )


def _is_asked(inputs: SiteInputs, question: Question, one: AddressEvidence) -> bool:
    rows = inputs.inventory
    row = {**rows.observed.get(one.key, {}), **rows.config.get(one.key, {})}
    return question.wants(one.key, row, one)


def _without_address(inputs: SiteInputs, question: Question, known: set[Key]) -> Iterator[Holding]:
    """Yield the resources that are asked about and of which no address is known."""
    rows = inputs.inventory
    exist = {key for key in question.keys if key in rows.config or key in rows.observed}
    owners = {key for key in exist if key.kind in _OWNERS}
    held = known | {key for key in owners if set(inputs.mac_owners.get(key.id, ())) & known}
    for key in sorted(owners - held):
        macs = tuple(sorted({nic.mac for nic in inputs.nics_of.get(key, ()) if nic.mac}))
        yield Holding(key=key, name=_name(inputs, key), how=("no address known",), at=(str(key),), macs=macs)


def _times(mine: Sequence[Span]) -> dict[str, object]:
    if not mine:
        return {}
    first = max(mine, key=lambda span: span.since_position)
    last = min(mine, key=lambda span: span.until_position)
    return {
        "since": first.since.at,
        "since_first_record": first.is_first,
        "until": last.until.at if last.until else None,
    }


def _earlier(
    model: SiteModel, found: Iterable[Span], position: int, used: set[tuple[str | None, str]]
) -> Iterator[Holding]:
    """Yield the spans of other times, the newest first."""
    for span in found:
        fact = span.fact
        if span.covers(position) or not isinstance(fact, AddressEvidence):
            continue
        owners = model.inputs.mac_owners.get(fact.key.id, ())
        holder = owners[0] if len(owners) == 1 and fact.key.kind == "reservation" else fact.holder
        yield Holding(
            address=fact.address,
            key=holder,
            name=span.name or _name(model.inputs, holder),
            how=(_how(fact),),
            at=(f"{fact.key} {fact.field}".rstrip(),),
            macs=(fact.mac,) if fact.mac else (),
            **_times([span]),
        )


def _mentions(
    model: SiteModel, question: Question, holdings: Sequence[Holding], present: Sequence[Span]
) -> Iterator[Mention]:
    """Yield the names and rules that lead to the addresses."""
    addresses = question.addresses | {each.address for each in holdings if each.address}
    times = {(span.fact.key, span.fact.address): span for span in present}
    for one in mentions(model.inputs):
        if one.address in addresses:
            span = times.get((one.key, one.address))
            yield Mention(
                key=one.key,
                address=one.address,
                what=one.what,
                names=one.names,
                **_times([span] if span else []),
            )


def _how(one: AddressEvidence) -> str:
    """Return in a few words how it is known that something has an address."""
    if one.how == "observed":
        by = {"guest": "seen by its agent", "node": "its address in the cluster"}
        return by.get(one.key.kind, "seen by the controller")
    by = {"reservation": "reserved", "network": "gateway"}
    return by.get(one.key.kind, one.how)


def _name(inputs: SiteInputs, key: Key) -> str | None:
    """Return the name of a resource, or what a declared address is for."""
    inventory = inputs.inventory
    row: Mapping[str, object] = {**inventory.observed.get(key, {}), **inventory.config.get(key, {})}
    for field in ("name", "hostname", "service"):
        each = row.get(field)
        if isinstance(each, str) and each:
            return each
    return None


def _never(question: Question, model: SiteModel) -> RecordError:
    """Return the error for what no record has, with the nearest names or the network."""
    inventory = model.inputs.inventory
    if question.meant == "address":
        subnet = model.inputs.subnet_table.find(question.text)
        network = f"{visible(str(subnet.key))} ({subnet.text})" if subnet else "no known network"
        remedy = f"it lies in {network}"
    else:
        rows = [*inventory.config.items(), *inventory.observed.items()]
        known = {"name": {name for key, row in rows for name in names_of(key, row)}}
        known["key"] = {str(key) for key, _ in rows}
        near = get_close_matches(question.text, known.get(question.meant, ()), n=3, cutoff=0.6)
        remedy = "write an address, a MAC address, a name, a VMID or a key"
        remedy = f"did you mean {' or '.join(map(visible, near))}?" if near else remedy
    return RecordError(Problem(visible(question.text), "no record has it", remedy))
