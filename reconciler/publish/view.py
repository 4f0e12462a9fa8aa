"""The recorded run as documents see it: the route, the entry and the findings of each resource."""

from collections.abc import Container, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import lru_cache, partial

from reconciler.errors import Problem
from reconciler.model.findings import Finding, FindingState
from reconciler.model.fix import Fix
from reconciler.model.key import Key, first_free, slug
from reconciler.model.kind import KindOf
from reconciler.model.recorded import Recorded
from reconciler.model.report_document import finding_row, report_document
from reconciler.model.site_documents import NO_SITE_DOCUMENTS, SiteDocuments
from reconciler.model.snapshot import SCHEMA_VERSION, Run
from reconciler.model.summary import Verdict
from reconciler.model.value import Row, timestamp
from reconciler.publish.diaries import diaries
from reconciler.publish.lives import published_lives
from reconciler.publish.manifest import ListedFiles
from reconciler.publish.relations import Relations, relations
from reconciler.publish.repository_links import NO_REPOSITORY, RepositoryLinks, links_of

INVENTORY = "/v1/inventory"
HEALTH = "/v1/health"
HISTORY = "/v1/history"
FINDINGS = "/v1/findings"
RESOURCES = "/v1/index/resources"
TAKEN = frozenset({"live", "drift"})
"""Names under `/v1/inventory` that are documents of their own, so that no kind's list may have them."""

NO_FIXES: Mapping[str, Fix] = {}

NotRead = Mapping[str, Mapping[str, Mapping[str, str]]]
"""System → section of its table → key of the API that is not read → reason."""
NOTHING_UNREAD: NotRead = {}


def _no_kind(_source: str, _kind: str) -> None:
    return None


_text = lru_cache(maxsize=4096)(timestamp)
"""Resources share few moments."""


@dataclass(frozen=True, slots=True)
class View:
    """The input of the functions in the documents table; made once per publish."""

    recorded: Recorded
    report: Row
    """The JSON form of the drift report, with the links of each finding."""
    lists: Mapping[str, str]
    """Kind → route of its list, in order of the routes."""
    entries: Mapping[Key, Row]
    """Every resource that is live, carried, declared or the subject of a finding, in order of the keys."""
    by_kind: Mapping[str, list[Row]]
    """The entries of each kind."""
    findings: Mapping[Key, list[Row]]
    """The findings about a resource, as JSON values; no entry where there is none."""
    mentioned: frozenset[Key] = frozenset()
    """Keys in documents that no entry has: nothing is known of what they name."""
    site: SiteDocuments = NO_SITE_DOCUMENTS
    """The site model, as documents."""
    fixes: Mapping[str, Fix] = field(default_factory=dict)
    """Finding id → how it is settled."""
    repository: RepositoryLinks = NO_REPOSITORY
    """Links to the declarations, in the web pages of their repository."""
    files: ListedFiles = field(default_factory=dict)
    """The other files of the release, for the documents about them."""
    relations: Mapping[Key, Relations] = field(default_factory=dict)
    """The resources that each is on or in, and those on or in it; no entry where there is nothing."""
    failed: tuple[Problem, ...] = ()
    """Why the relations of some kinds are left out."""
    diaries: Mapping[Key, list[Row]] = field(default_factory=dict)
    """The changes that the kept runs noticed of each resource, the newest first."""
    not_read: NotRead = field(default_factory=dict)
    lives: Mapping[str, FindingState] = field(default_factory=dict)
    """Finding id → its state, of those whose lives are published."""
    kind_of: KindOf = _no_kind
    """Source and name of a kind → the kind."""

    @property
    def run(self) -> Run:
        """The facts of the run."""
        return self.recorded.report.run

    def stale_after(self, name: str) -> datetime | None:
        """Return when the last data of a source go stale; None for a source that was never read."""
        last_success = self.run.sources[name].last_success
        return last_success and last_success + (self.run.stale_after - self.run.collected_at)

    def stamped(self, data: object, sources: Iterable[str] | None = None) -> Row:
        """Return data of some sources (of all) in the envelope that states when they were collected.

        They go stale with the source that could be read the longest time ago; what never could be is stale.
        """
        names = self.run.sources if sources is None else self.run.sources.keys() & set(sources)
        each = (self.stale_after(name) or self.run.collected_at for name in names)
        stale_after = min(each, default=self.run.stale_after)
        return {
            "schema_version": SCHEMA_VERSION,
            "site": self.run.site,
            "run_id": self.run.id,
            "collected_at": timestamp(self.run.collected_at),
            "stale_after": timestamp(stale_after),
            "desired_commit": self.run.desired_commit,
            "data": data,
        }


def view(
    recorded: Recorded,
    plurals: Mapping[str, str],
    site: SiteDocuments = NO_SITE_DOCUMENTS,
    fixes: Mapping[str, Fix] = NO_FIXES,
    *,
    kind_of: KindOf = _no_kind,
    not_read: NotRead = NOTHING_UNREAD,
) -> View:
    """Return the view of a recorded run; `plurals` gives each kind's name in routes, as the tool knows it.

    `fixes` is how findings are settled, by their ids; `not_read` the keys of the APIs that are left out.
    A kind that is recorded and not in `plurals` (another version of the tool wrote it) gets an s.
    """
    report = recorded.report
    every = report.every
    spoken_of = {finding.key for finding in every}
    verdicts = {Key.parse(text): verdict for text, verdict in report.verdicts.items()}
    inventory = recorded.inventory
    keys = sorted(dict.fromkeys([*inventory.config, *inventory.observed, *verdicts, *spoken_of]))
    lists = _lists({key.kind for key in keys} | {scope.kind for scope in report.scopes}, plurals)
    links = _links(keys, lists)
    document = report_document(report)
    lives = published_lives(recorded)
    linked = partial(_linked, links=links, fixes=fixes, repository=links_of(report.run), lives=lives)
    rows = linked(every)
    document["findings"] = rows[: len(report.findings)]
    for name, each in (("resolved", report.resolved), ("unconfirmed", report.unconfirmed)):
        document[name] = linked(each)
    findings: dict[Key, list[Row]] = {}
    for finding, row in zip(every, rows, strict=True):
        findings.setdefault(finding.key, []).append(row)
    declared = {finding.key for finding in every if finding.declared_at is not None}
    entry = _Entries(recorded, links, findings, declared)
    entries = {key: entry.make(key, verdicts.get(key)) for key in keys}
    by_kind: dict[str, list[Row]] = {}
    for key in keys:
        by_kind.setdefault(key.kind, []).append(entries[key])
    mentioned = frozenset(_mentioned(recorded, site) - entries.keys())
    repository = links_of(report.run)
    fields = {key: found for key, each in entries.items() if isinstance(found := each["fields"], dict)}
    related, failed = relations(fields, kind_of)
    return View(
        recorded,
        document,
        lists,
        entries,
        by_kind,
        findings,
        mentioned,
        site,
        fixes,
        repository,
        lives=lives,
        relations=related,
        failed=failed,
        diaries=diaries(recorded.past.changes),
        not_read=not_read,
        kind_of=kind_of,
    )


def _mentioned(recorded: Recorded, site: SiteDocuments) -> set[Key]:
    """Return every key that a document mentions."""
    report = recorded.report
    found = set(site.mentioned)
    for finding in (*report.every, *report.resolved, *report.unconfirmed):
        found.add(finding.key)
        found.update((*finding.related, *finding.used_by))
    for event in report.events:
        found.add(event.key)
        found.update(Key(event.key.source, event.key.kind, identity) for identity in event.ids)
    for group in report.grouped:
        found.update(Key(group.source, group.kind, identity) for identity in group.ids)
    found.update(Key.parse(text) for text in report.degraded)
    found.update(report.summary.not_exact)
    found.update(entry.key for entry in recorded.ledger.values())
    for changes in recorded.past.changes:
        found.update(changes.mentioned)
    return found


def _lists(kinds: Iterable[str], plurals: Mapping[str, str]) -> dict[str, str]:
    taken = set(TAKEN)
    lists: dict[str, str] = {}
    for kind in sorted(kinds, key=lambda kind: (kind not in plurals, kind)):
        name = _free(slug(plurals.get(kind, f"{kind}s")), taken)
        lists[kind] = f"{INVENTORY}/{name}"
    return dict(sorted(lists.items(), key=lambda item: item[1]))


def _links(keys: Iterable[Key], lists: Mapping[str, str]) -> dict[Key, str]:
    taken: set[str] = set()
    folders: dict[tuple[str, str], str] = {}
    links = {}
    for key in keys:
        folder = folders.get(key[:2])
        if folder is None:
            folder = folders[key[:2]] = f"{lists[key.kind]}/{slug(key.source)}"
        links[key] = _free(f"{folder}/{key.slug}", taken)
    return links


def _free(name: str, taken: set[str]) -> str:
    """Take the name, or the first with a suffix that is free (no slug ends in such a suffix)."""
    free = first_free(name, taken)
    taken.add(free)
    return free


def _linked(
    findings: Iterable[Finding],
    links: Mapping[Key, str],
    fixes: Mapping[str, Fix],
    repository: RepositoryLinks,
    lives: Container[str],
) -> list[Row]:
    return [
        {
            **finding_row(finding),
            **({"fix": fixes[finding.id].model_dump(mode="json")} if finding.id in fixes else {}),
            "links": {
                "resource": links.get(finding.key),
                "related": [links.get(key) for key in finding.related],
                "used_by": [links.get(key) for key in finding.used_by],
                "life": f"{FINDINGS}/{finding.id}" if finding.id in lives else None,
                "declared": repository.line(finding.where),
                "edit": repository.edit(finding.where),
            },
        }
        for finding in findings
    ]


@dataclass(frozen=True, slots=True)
class _Entries:
    recorded: Recorded
    links: Mapping[Key, str]
    findings: Mapping[Key, list[Row]]
    declared: set[Key]
    """Keys with a finding that names the declaration."""

    def make(self, key: Key, verdict: Verdict | None) -> Row:
        findings = self.findings.get(key, [])
        changed_at = self.recorded.changed_at.get(key)
        entry: Row = {
            "key": str(key),
            "source": key.source,
            "kind": key.kind,
            "id": key.id,
            "title": self._title(key, findings),
            "link": self.links[key],
            "verdict": verdict,
            "managed": self._managed(key, verdict),
            "changed_at": None if changed_at is None else _text(changed_at),
            "finding_ids": [row["id"] for row in findings],
            "fields": self.all_fields(key),
        }
        if key in self.recorded.inventory.as_of:
            entry["as_of"] = _text(self.recorded.inventory.as_of[key])
        return entry

    def _managed(self, key: Key, verdict: Verdict | None) -> bool | None:
        """Return whether it is declared; null for inventory, which nothing can declare."""
        if verdict is None:
            return None
        return key in self.declared if verdict == "unverified" else verdict != "unmanaged"

    def _title(self, key: Key, findings: Sequence[Row]) -> str:
        """Return the resource's own name, else its id."""
        config = self.recorded.inventory.config.get(key) or {}
        observed = self.recorded.inventory.observed.get(key) or {}
        names = [config.get("name"), observed.get("name"), observed.get("hostname")]
        names += [row.get("name") for row in findings]
        return next((name for name in names if isinstance(name, str) and name), key.id)

    def all_fields(self, key: Key) -> Row | None:
        """Return config and observed fields together; None for what was never read."""
        config, observed = self.recorded.inventory.config.get(key), self.recorded.inventory.observed.get(key)
        if not observed:
            return config if config is not None else observed
        return {**config, **observed} if config else observed
