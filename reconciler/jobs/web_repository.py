"""The web pages of the repository of the desired state, as a run records them for `publish`."""

from reconciler.config.file import Config
from reconciler.model.desired import DesiredState
from reconciler.model.web_repository import WebRepository


def web_repository(config: Config, desired: DesiredState) -> WebRepository | None:
    """Return where people see and edit the desired state; None where that is not configured."""
    target = config.settings.publish
    if target.repository is None:
        return None
    files: dict[str, dict[str, None]] = {}
    for key, declared in desired.resources.items():
        files.setdefault(f"{key.source}/{key.kind}", {})[declared.declared_at.rpartition(":")[0]] = None
    return WebRepository(
        address=target.repository,
        branch=target.branch,
        directory=config.settings.desired_state,
        files={kind: tuple(each) for kind, each in files.items()},
    )
