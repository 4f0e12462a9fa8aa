"""Checks of `doctor` for what watches the runs: the code host with its schedule, heartbeat, metrics."""

import os
import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager
from functools import partial
from pathlib import Path
from urllib.parse import urlsplit

from reconciler import files
from reconciler.collectors.http import probe, tls_context
from reconciler.collectors.http.client import HttpClient
from reconciler.collectors.http.untrusted import Remedies
from reconciler.config.file import Config
from reconciler.config.trust import ServerTrust
from reconciler.errors import ConfigError, Problem, ReconcilerError, SourceError
from reconciler.gitea.place import place_of
from reconciler.jobs import steps
from reconciler.jobs.comment import connect as connect_gitea
from reconciler.jobs.watch import WatchedJob, heartbeat_of, metrics_file
from reconciler.model.check import Check, CheckState
from reconciler.watch.code_host import CodeHost
from reconciler.watch.gitea_checks import gitea_checks
from reconciler.watch.schedule import RunSchedule

_FOLDERS = (".gitea/workflows", ".forgejo/workflows", ".github/workflows")
"""Gitea and Forgejo read the first of these that exists."""
_SCHEDULE = re.compile(rb"^\s+schedule:", re.MULTILINE)
_MAX_BYTES = 2**20
_REMEDIES = Remedies(
    ca_file="set gitea.ca_file to the CA's certificate",
    fingerprint="the certificate on the server of Gitea",
    renew="renew the certificate of Gitea",
)


def check_watch(config: Config, environment: Mapping[str, str]) -> Iterator[Check]:
    """Check that runs which fail or stop are noticed; no ping is sent, and no metric written."""
    settings = config.settings.heartbeat
    file = metrics_file(config)
    if settings.url is None and file is None:
        what = "nothing detects that runs have stopped, for example because the runner is down"
        yield Check(name="heartbeat", state="note", what=what, remedy="set heartbeat.url or metrics.file")
    if settings.url is not None:
        yield _heartbeat("run", config, environment)
    if settings.publish_url is not None:
        yield _heartbeat("publish", config, environment)
    if file is not None:
        yield _metrics(file)


def _heartbeat(job: WatchedJob, config: Config, environment: Mapping[str, str]) -> Check:
    heartbeat, problem = heartbeat_of(job, config, environment)
    if heartbeat is not None:
        problem = heartbeat.reach()
    if problem is not None:
        elsewhere = job == "publish" and heartbeat is None  # only the host that publishes has its URL
        return _of_problem("heartbeat", problem, "note" if elsewhere else "warning")
    what = f"the server for the pings of `{job}` can be reached (none was sent)"
    return Check(name="heartbeat", state="ok", what=what, brief=f"heartbeat of {job} reachable")


def _metrics(file: Path) -> Check:
    if not file.parent.is_dir():
        remedy = "make it, or set metrics.file to the folder of --collector.textfile.directory"
        return _of_problem(
            "metrics", Problem("", f"the folder {file.parent} does not exist", remedy), "warning"
        )
    if not os.access(file.parent, os.W_OK | os.X_OK, effective_ids=True):
        problem = Problem(
            "",
            f"this user may not write to {file.parent}",
            "grant write access, for example with chgrp and chmod g+w",
        )
        return _of_problem("metrics", problem, "warning")
    return Check(name="metrics", state="ok", what=f"metrics go to {file}", brief="metrics written")


def check_hosting(config: Config, environment: Mapping[str, str]) -> Iterator[Check]:
    """Check the Gitea or Forgejo of the repository; nothing where settings and workflow name none."""
    try:
        place = place_of(config.settings, environment)
    except ConfigError:
        return
    api = f"{place.server}{place.api}"
    yield from check_code_host(config, api, config.settings.gitea, lambda: connect_gitea(config, environment))


def check_code_host(
    config: Config, api: str, trust: ServerTrust, connect: Callable[[], AbstractContextManager[CodeHost]]
) -> Iterator[Check]:
    """Check the Gitea or Forgejo whose API is at the URL `api`: certificate, clock, version, token, schedule.

    `connect` opens it with the token; a `ReconcilerError` of it, as without a token, is a note: runs can do
    without.
    """
    found = _server(config.root, api, trust)
    yield from found
    if any(check.state == "bad" for check in found):
        return
    schedule = RunSchedule(config.settings.interval, scheduled_workflows(config.root), steps.now())
    try:
        opened = connect()
    except ReconcilerError as error:
        yield from (_of_problem("token", problem, "note") for problem in error.problems)
        return
    with opened as host:
        yield from gitea_checks(host, schedule)


def _server(root: Path, api: str, trust: ServerTrust) -> list[Check]:
    """Return the checks that need no token: host, certificate, clock; one that is bad is the last."""
    parts = urlsplit(api)
    server, path = f"{parts.scheme}://{parts.netloc}", f"{parts.path.rstrip('/')}/version"
    by = trust.ca_file or "a CA of this system"
    how = probe.Trust(by, pinned=bool(trust.fingerprint), verified=trust.verify_tls)
    try:
        context = tls_context.choose(
            ca_file=trust.ca_file,
            fingerprints=trust.fingerprint,
            verify_tls=trust.verify_tls,
            root=root,
            remedies=_REMEDIES,
        )
    except SourceError as error:
        return [_of_problem("tls", problem, "bad") for problem in error.problems]
    with HttpClient(server, context, trust.timeout, _REMEDIES) as client:
        ask = partial(probe.probe, client, path)
        return list(probe.host_checks(ask, server, trust.timeout, how, state="bad"))


def scheduled_workflows(root: Path) -> tuple[str, ...]:
    """Return the names of the workflow files that have a schedule."""
    folder = next((root / name for name in _FOLDERS if (root / name).is_dir()), None)
    if folder is None:
        return ()
    found = [file for file in sorted(folder.iterdir()) if file.suffix in {".yml", ".yaml"}]
    return tuple(file.name for file in found if _SCHEDULE.search(_read(file)))


def _read(file: Path) -> bytes:
    try:
        return files.read_regular(file, _MAX_BYTES)
    except OSError:
        return b""


def _of_problem(name: str, problem: Problem, state: CheckState) -> Check:
    what = f"{problem.subject}: {problem.what}" if problem.subject else problem.what
    return Check(name=name, state=state, what=what, remedy=problem.remedy)
