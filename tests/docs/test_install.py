"""docs/install.md: from an empty repository to a scheduled run, an upgrade, and back from a backup."""

import json
import re
import subprocess

import pytest

from reconciler.cli.demo import secrets_of
from reconciler.lab import Lab
from tests.docs.installation import PAGE, Reader, blocks, packed
from tests.processes import cannot_be_tried, program
from tests.workflows.act import WORKFLOWS
from tests.workflows.forge import forge_at

CARRY, SITE, FIRST = "1. Install the tool offline", "3. The site repository", "5. The first run"
UPGRADE, BACKUP = "Upgrade", "Backup and restore"

CALLED = """\
on:
  workflow_call:
    inputs:
      runner: {type: string, required: true}
"""


@pytest.fixture
def forge(tmp_path):
    """A code host with empty repositories for the tool and two sites."""
    with Lab() as lab, forge_at(tmp_path, lab) as forge:
        for name in ("reconciler", "site", "site-restored"):
            bare = forge.server.root / "infra" / f"{name}.git"
            forge.git(tmp_path, "init", "--quiet", "--bare", "--initial-branch=main", str(bare))
            forge.git(bare, "config", "uploadpack.allowFilter", "true")
        yield forge


def test_blocks_are_good_shell():
    every = blocks()
    assert [block for title in (CARRY, SITE, FIRST, UPGRADE, BACKUP) for block in blocks(title)] == every
    for block in every:
        done = subprocess.run(
            [program("shellcheck"), "--shell=bash", "--exclude=SC2164", "-"],
            input=block,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stdout


def test_the_tool_is_carried_into_a_host_without_an_index(forge, tmp_path):
    """Wheels are made where there is an index; then nothing is fetched, also for an upgrade."""
    reader = Reader(tmp_path / "reader", forge)
    source = tmp_path / "source"
    packed(source)
    for words in (("init", "--quiet"), ("add", "--all"), ("commit", "--quiet", "--message", "tool")):
        forge.git(source, *words)
    forge.git(source, "push", "--quiet", str(forge.server.root / "infra/reconciler.git"), "HEAD:main")
    collect, install = blocks(CARRY)
    try:
        reader.follow(collect)
    except AssertionError as error:
        if re.search("No matching distribution|Could not find a version|Connection", str(error)):
            cannot_be_tried("there is no package index here, which the first step needs")
        raise
    for folder in ("opt", "usr/local/bin"):
        (reader.folder / "root" / folder).mkdir(parents=True)
    cut_off = {"PIP_INDEX_URL": "http://127.0.0.1:9/", "PIP_NO_CACHE_DIR": "1"}
    bin_first = f"export PATH={reader.folder}/root/usr/local/bin:$PATH\n"
    shown = reader.follow(bin_first + install, **cut_off)
    assert "reconciler, version 0.2.0" in shown
    assert "reconciler, version 0.2.0" in reader.follow(bin_first + blocks(UPGRADE)[0], **cut_off)
    assert (reader.folder / "root/opt/reconciler").readlink().name == "reconciler-0.2.0"


def runs(forge, folder, **options):
    """The job of a schedule in the repository that the page makes, on a runner with the label of the page."""
    forge.clone = folder
    return forge.reconcile(workflow=folder / ".gitea/workflows/reconcile.yml", label="site-main", **options)


def test_from_an_empty_repository_to_a_run_and_back_from_its_backup(forge, tmp_path):
    forge.repository = "infra/site"
    reader = Reader(tmp_path / "reader", forge)
    site = reader.folder / "site"
    (setup,) = blocks(SITE)
    reader.answer(setup)
    quiet = runs(forge, site, secrets={})
    assert quiet.green
    assert "secrets: no secret of any source is set yet" in quiet.log
    job = runs(forge, site, secrets=secrets_of(forge.lab) | {"NPM_USER": "reader@lan.example"})
    assert job.green, job.log
    (check,) = blocks(FIRST)
    assert "**IN SYNC**" in reader.follow(check)

    reader.answer(blocks(UPGRADE)[1])
    (backup, restore) = blocks(BACKUP)
    reader.follow(backup)
    reader.follow(restore)
    bare = forge.server.root / "infra"
    refs = [forge.git(bare / name, "show-ref") for name in ("site.git", "site-restored.git")]
    assert refs[0] == refs[1]
    summary = reader.folder / "site-restored/public/current/v1/summary.json"
    run = forge.git(site, "log", "-1", "--format=%(trailers:key=Drift-Run,valueonly)", "origin/drift-state")
    assert json.loads(summary.read_text())["run_id"] == run


def test_the_caller_of_a_shared_workflow_runs_it(forge, tmp_path):
    """The ten lines of the page, and `reconcile.yml` changed as the page describes."""
    (text,) = re.findall(r"^```yaml\n(name: reconcile\n[^`]*)^```$", PAGE.read_text(), flags=re.MULTILINE)
    assert len(text.splitlines()) <= 10
    shared = (WORKFLOWS / "reconcile.yml").read_text()
    before, _, after = shared.partition("\non:\n")
    after = after.partition("\npermissions:")[2].replace("ubuntu-latest", "${{ inputs.runner }}")
    shared = f"{before}\n{CALLED}permissions:{after}"
    folder = tmp_path / "workflows"
    file = folder / ".github/workflows/reconcile.yml"  # act itself knows no other folder
    file.parent.mkdir(parents=True)
    file.write_text(shared)
    forge.script("reconciler", f'#!/bin/sh\necho "$*" >{forge.calls}\n')
    caller = tmp_path / "caller.yml"
    caller.write_text(text.replace("/.gitea/", "/.github/"))
    job = forge.reconcile(
        workflow=caller, label="site-main", more=("--local-repository", f"infra/workflows@main={folder}")
    )
    assert job.green, job.log
    assert forge.calls.read_text().startswith("run --commit-status")
