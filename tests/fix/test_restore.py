"""A guest that is gone: the printed line makes it again from the newest backup that the account may see."""

import pytest

from reconciler import kinds
from reconciler.config.file import load_config
from reconciler.jobs.fix import fix_recorded
from reconciler.lab import Lab
from reconciler.model.value import moment, timestamp
from tests.fix.cluster import execute
from tests.site_repository import SiteRepository


@pytest.mark.parametrize(("vmid", "tool"), [(102, "pct"), (108, "qmrestore")])
def test_a_missing_guest_is_made_again_from_its_newest_backup(tmp_path, monkeypatch, vmid, tool):
    with Lab(hosts=1) as lab:
        lab.state.access["roles"]["Operator"] = ["VM.Backup", "Datastore.Allocate"]
        repository = SiteRepository(tmp_path / "site", monkeypatch)
        repository.declare_example()
        repository.configure(repository.source(lab, token_id="root@pam!all"))
        repository.commit()
        assert repository.run("run") == 0
        lab.state.back_up(vmid, "pbs", age=60)
        made = timestamp(moment(max(when for each, when in lab.state.backups["pbs"] if each == vmid)))
        lab.state.remove_guest(vmid)
        assert repository.run("run") == 2
        config = load_config(repository.root / "config/reconciler.yaml", kinds.settings())
        (entry,) = fix_recorded(config, [f"pve/guest/{vmid}"]).entries
        (words,) = entry.fix.commands
        assert words[0] == tool
        assert entry.fix.effect == "restores"
        assert entry.fix.where in lab.state.nodes
        assert any(each.endswith(f"/{vmid}/{made}") for each in words)
        execute(lab, words, entry.fix.where)
        assert repository.run("run", "--fail-on", "never") == 0
        findings = repository.report()["findings"]
        assert not [
            each for each in findings if each["type"] == "missing" and each["key"] == f"pve/guest/{vmid}"
        ]


def test_an_account_that_may_not_see_backups_says_what_to_do(tmp_path, monkeypatch):
    with Lab(hosts=1) as lab:
        repository = SiteRepository(tmp_path / "site", monkeypatch)
        repository.declare_example()
        repository.configure(repository.source(lab))
        repository.commit()
        lab.state.remove_guest(102)
        assert repository.run("run") == 2
        config = load_config(repository.root / "config/reconciler.yaml", kinds.settings())
        (entry,) = fix_recorded(config, ["pve/guest/102"]).entries
        assert entry.fix.commands == ()
        assert (entry.fix.by_hand or "").startswith(
            "make pve/guest/102 again as declared at desired-state/pve/guest.yaml:"
        )
        assert entry.fix.instead == (("reconciler", "adopt", entry.findings[0].id, "--write"),)
