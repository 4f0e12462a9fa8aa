"""A kind: a model, how its rows are fetched, and how a raw row becomes a resource."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from typing import Any, Generic, TypeVar

from pydantic import TypeAdapter

from reconciler.config.severity import Severity
from reconciler.model.change_words import ChangeWord
from reconciler.model.defaults import put_default, with_default, with_defaults
from reconciler.model.fields.marks import RelativeOrder
from reconciler.model.fix import KindFixes
from reconciler.model.gate import Gate
from reconciler.model.judgement import Judgement
from reconciler.model.limits import LimitTree
from reconciler.model.listing import ContextT, Listing, RawT
from reconciler.model.naming import Naming
from reconciler.model.notes import fields_about_texts
from reconciler.model.pointer import has_member, member, parts_of, without_member
from reconciler.model.references import Reference, references_of
from reconciler.model.relations import Shows, in_nothing, lets_nothing_in, on_its_own, shows_nothing
from reconciler.model.resource import FieldClass, Resource, class_of
from reconciler.model.secret_fields import ANY, is_secret, same, secret_paths
from reconciler.model.value import Row

ResourceT = TypeVar("ResourceT", bound=Resource)


RowsOf = Callable[[str], Iterable[Row]]
"""Kind → the live rows of it in the same source."""


def _no_defaults(_row: Row) -> Row:
    return {}


def _from_nothing(_path: str) -> None:
    return None


def _as_it_is(_id: str, row: Row, _rows: Mapping[str, Mapping[str, Row]]) -> Row:
    return row


@dataclass(frozen=True)
class Kind(Generic[RawT, ContextT, ResourceT]):
    """One kind of resource of one system; a kind file ends with such a value."""

    name: str
    """As in keys: `node-network`."""
    plural: str
    """As in routes: `node-networks`."""
    model: type[ResourceT]
    fetch: Callable[..., Listing[RawT, ContextT]] | None = None
    """Reads the rows, from the API, what its kinds share, and the facts of the kinds in `needs`; raises
    `SourceError`, and never returns a short list as a complete one. None: the kind is declared only."""
    normalise: Callable[[str, RawT, ContextT], ResourceT] | None = None
    """Makes a resource of an id, its raw row and the context of the listing; raises `ValueError` for a row
    that cannot be parsed."""
    needs: tuple[str, ...] = ()
    """The kinds whose `Listing.facts` are further arguments of `fetch`, None for one that failed."""
    declarable: bool = True
    """Whether desired state may declare it; other kinds are inventory."""
    field_class: FieldClass = FieldClass.CONFIG
    """The class of a whole kind; `OBSERVED` keeps all of it out of history."""
    identity: Any = str
    """The type of an id as desired state writes it: normalises it (`Mac`), refuses what cannot be an id."""
    naming: Naming | None = None
    """The names that a row goes by, of which one is its id; None: its id never changes (a VMID, a MAC)."""
    limits: LimitTree = field(default_factory=dict, repr=False, compare=False)
    """The values that desired state may declare: the least and the most of numbers, the choices of text."""
    defaults: Callable[[Row], Row] = _no_defaults
    """The defaults of fields of a live row that depend on others: a container's swap, a mount's backup."""
    unmanaged_severity: Severity = "info"
    """Of a resource that is not declared; `warning` for a kind of which a new one lets traffic or users
    in, or leads traffic elsewhere."""
    not_adopted: frozenset[str] = frozenset()
    """Fields that may be declared and `adopt` leaves out: states rather than wishes (power, a version)."""
    gates: tuple[Gate, ...] = ()
    """The flags that rule other fields; one that rules another gate's flag stands before it."""
    follows: Callable[[str], str | None] = _from_nothing
    """The JSON pointer of the field whose difference makes that of another one, from the pointer of that: a
    disk that was moved to another storage has another volume there."""
    as_meant: Callable[[Row, RowsOf], Row] | None = None
    """Returns declared fields as their source takes them, where other rows of it show that: tags without
    case, unless the datacenter declares that it counts."""
    adopted: Callable[[str, Row, Mapping[str, Mapping[str, Row]]], Row] = _as_it_is
    """Returns what `adopt` declares of a row, from its id, its config fields, and the rows of all kinds of
    its source by kind and id: an HA guest is declared with the nodes that its rule allows."""
    notes: str | None = None
    """The field of free text that is read only where the source has `store_descriptions`."""
    judge: Callable[[Row, Row, Row, datetime], Iterable[Judgement]] | None = None
    """Judges declared policies, from declared fields, the live row, its observed part, and the time of the
    run."""
    events: Callable[[Row, Row], Iterable[tuple[ChangeWord, str]]] | None = None
    """Changes between two recorded rows of one id that have a word of their own, as (word, pointer of the
    field): a guest `moved`, `started`, was `replaced`."""
    host: Callable[[str, Row], object] | None = None
    """The id of the `node` that it is on, from id and row: on a node that is expected to be offline, it is
    expected to be unreadable."""
    within: Callable[[str, Row], Iterable[tuple[str, str]]] = in_nothing
    """The (kind, id) of the other things of its source that it is on or in, from id and row: where one is
    missing or unread, this follows from it."""
    comes_with: Callable[[str, Row], Iterable[tuple[str, str, str]]] = on_its_own
    """The (kind, id, JSON pointer) of what in its source makes it appear, from id and row: where that is not
    declared, or differs, an undeclared resource follows from it. The ports of a switch come with it, and the
    firewall of a guest once that of the datacenter is on. What comes with the whole of another also goes with
    it."""
    renamable: bool = False
    """Whether its source lets people rename one, and gives it no id of its own that would show that: an
    undeclared one with the content of one that is missing is that one."""
    uses: Callable[[str, Row], Iterable[tuple[str, str]]] = in_nothing
    """The (kind, id) of the other things of its source that its fields name in a text of their own: the set
    in `+management`. `references` has the plain ids."""
    used_kinds: frozenset[str] = frozenset()
    """The kinds that `uses` may name."""
    shows: Callable[[str, Row], Iterable[Shows]] = shows_nothing
    """Returns which of its fields show what is set on other resources, from id and row: the effective VLANs
    of a port those of its profile, the members of a pool the pool of each guest."""
    away: Callable[[Row, Row], bool] | None = None
    """Of a `node`: whether it is declared to be offline, and the live row shows that it is."""
    locked: Callable[[Row, str], str | None] | None = None
    """Returns from the observed part of a row what holds the resource for now (`backup`, `migrate`), if that
    explains drift at a JSON pointer: it is an info while the lock is young. Empty pointer: whatever else it
    explains. None: nothing locks it. The model of such a kind has an observed field `locked_since`."""

    lets_in: Callable[[str, Row], str | None] = lets_nothing_in
    """Returns what traffic from outside a resource lets in, in words, from id and row; None: none."""

    fix: KindFixes | None = None
    """How findings about its resources are settled; None: only by hand."""

    @property
    def can_be_declared(self) -> bool:
        """Whether desired state may declare it: a kind that is only observed has nothing to compare."""
        return self.declarable and self.field_class is FieldClass.CONFIG

    @cached_property
    def adapter(self) -> TypeAdapter[dict[str, ResourceT]]:
        """The validator of id → resource in one call; built once."""
        model: Any = self.model
        return TypeAdapter(dict[str, model])

    @cached_property
    def references(self) -> tuple[Reference, ...]:
        """The places of the model that hold ids of other kinds."""
        return tuple(references_of(self.model))

    @cached_property
    def not_config(self) -> frozenset[str]:
        """The top-level fields that are not recorded in history."""
        return frozenset(
            name for name in self.model.model_fields if self._class(name) is not FieldClass.CONFIG
        )

    @cached_property
    def policies(self) -> frozenset[str]:
        """The top-level fields that are only declared."""
        return frozenset(name for name in self.model.model_fields if self._class(name) is FieldClass.POLICY)

    @cached_property
    def secrets(self) -> frozenset[str]:
        """The top-level fields that stand for a secret, or have a member that does."""
        return frozenset(path[0] for path in secret_paths(self.model))

    @cached_property
    def required_fields(self) -> tuple[str, ...]:
        """The fields that every resource has, in the order of the model."""
        return tuple(name for name, field in self.model.model_fields.items() if field.is_required())

    @cached_property
    def texts(self) -> Mapping[str, frozenset[str]]:
        """The pointers of fields about a text → those of the fields that show more of its changes."""
        return fields_about_texts(self.model, self.notes)

    @cached_property
    def _may_be_hidden(self) -> tuple[str, ...]:
        """The top-level fields that are null where a secret, or the secrets in a mapping, are not shown."""
        return tuple(sorted(path[0] for path in secret_paths(self.model) if path[1:] in {(), (ANY,)}))

    def is_secret(self, path: str) -> bool:
        """Return whether the member of a row at a JSON pointer stands for a secret, or for several."""
        return bool(self.secrets) and is_secret(self.model, parts_of(path))

    def same_secret(self, path: str, one: object, other: object) -> bool | None:
        """Return whether two different values of a secret are the same one; None if that is not known."""
        return same(self.model, parts_of(path), one, other)

    def hides(self, row: Row, path: str) -> bool:
        """Return whether the secrets of a row that are at or around a path are not shown."""
        name = parts_of(path)[0]
        return name in self._may_be_hidden and row.get(name) is None

    @cached_property
    def derived(self) -> frozenset[str]:
        """The top-level fields that are made from other rows, or from the id."""
        return frozenset(name for name in self.model.model_fields if self._class(name) is FieldClass.DERIVED)

    @cached_property
    def orders(self) -> frozenset[str]:
        """The top-level fields that are lists of which only the relative order counts."""
        return frozenset(
            name for name, each in self.model.model_fields.items() if RelativeOrder in each.metadata
        )

    @cached_property
    def not_adopted_fields(self) -> frozenset[str]:
        """The top-level fields that `adopt` does not write and an exact resource does not compare."""
        notes = {self.notes} if self.notes is not None else set()
        return self.not_config | self.not_adopted | notes | {"unmodelled", "pending"}

    @cached_property
    def adopted_fields(self) -> tuple[str, ...]:
        """The top-level fields that `adopt` writes and an exact resource compares, in order of the model."""
        return tuple(name for name in self.model.model_fields if name not in self.not_adopted_fields)

    def _class(self, name: str) -> FieldClass:
        return class_of(self.model.model_fields[name])

    def dump(self, resources: Mapping[str, ResourceT]) -> dict[str, Row]:
        """Return resources as JSON values, with defaults: made once, used everywhere.

        The only null is that of a secret that is not shown, because its default is `none`.
        """
        rows: dict[str, Row] = self.adapter.dump_python(dict(resources), mode="json", exclude_none=True)
        for name in self._may_be_hidden:
            hidden = (identity for identity, each in resources.items() if getattr(each, name) is None)
            for identity in hidden:
                rows[identity][name] = None
        return {identity: self.without_stale(row) for identity, row in rows.items()} if self.gates else rows

    def without_stale(self, row: Row) -> Row:
        """Return a row with the fields behind closed gates at their defaults."""
        for gate in self.gates:
            if not gate.is_open(row):
                defaults = self.defaults(row)
                row = {**row}
                for parts in map(parts_of, gate.fields):
                    given = member(defaults, parts) if defaults else None
                    put_default(row, self.model, parts, given)
        return row

    def with_defaults(self, fields: Row, defaults: Row) -> Row:
        """Return declared fields with the defaults of all others, as a live row would have them.

        `defaults` are those of `Kind.defaults`, and win over those of the model.
        """
        compared = {name: value for name, value in fields.items() if name not in self.policies}
        filled = with_defaults(self.model, compared, defaults)
        for name in self.not_adopted_fields - compared.keys():
            filled.pop(name, None)
        return self.without_stale(filled)

    def of_id(self, identity: str, row: Row) -> Row:
        """Return the fields that an id declares by itself, which is also the default of them."""
        return self.naming.of_id(identity, row) if self.naming is not None else {}

    def declared_without_stale(self, fields: Row, row: Row, *, exact: bool) -> Row:
        """Return declared fields without those behind a gate that is declared closed.

        The undeclared flag of an exact resource is declared to have its default.
        """
        for gate in self.gates:
            flag = parts_of(gate.flag)
            flagged = has_member(fields, flag)
            source = fields if flagged else with_default(row, self.model, flag) if exact else None
            if source is not None and not gate.is_open(source):
                for field in gate.fields:
                    fields = without_member(fields, parts_of(field))
        return fields

    def split(self, row: Row) -> tuple[Row, Row]:
        """Return a dumped row as (config, the rest)."""
        if self.field_class is not FieldClass.CONFIG:
            return {}, row
        if not self.not_config:
            return row, {}
        rest = {name: row[name] for name in self.not_config if name in row}
        return {name: value for name, value in row.items() if name not in rest}, rest


AnyKind = Kind[Any, Any, Any]
"""A kind of any system: what layers below the collectors see."""

KindOf = Callable[[str, str], AnyKind | None]
"""Returns the kind of a source by its name; None where this version has none."""

Kinds = Mapping[str, Mapping[str, AnyKind]]
"""Source name → kind name → kind, for the sources that are configured."""
