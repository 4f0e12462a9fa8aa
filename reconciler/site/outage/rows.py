"""The rows that only `what-if` reads, typed as in `reconciler/site/rows.py`."""

from collections.abc import Mapping
from typing import TypedDict

from reconciler.model.key import Key
from reconciler.model.snapshot import Inventory
from reconciler.site.inputs import SiteInputs
from reconciler.site.typed_rows import TypedRow, TypedRows


class HaResourceRow(TypedRow):
    """A guest that high availability looks after."""

    state: str = "started"
    group: str | None = None


class HaRuleRow(TypedRow):
    """A rule of high availability, or a group before there were rules."""

    type: str = ""
    resources: tuple[str, ...] = ()
    nodes: tuple[str, ...] = ()
    strict: bool = False
    affinity: str | None = None
    disabled: bool = False


class ReplicationJobRow(TypedRow):
    """A copy of a guest's disks on another node."""

    target: str = ""
    disabled: bool = False


class ServedStorageRow(TypedRow):
    """Where the data of a storage is."""

    type: str = ""
    nodes: tuple[str, ...] = ()
    disabled: bool = False
    shared: bool = False
    server: str | None = None
    portal: str | None = None
    monhost: tuple[str, ...] = ()


class UplinkRow(TypedDict, total=False):
    """The device and port that a device is connected to."""

    device: str
    port: int


class LinkedDeviceSeen(TypedRow):
    """How a device is connected."""

    uplink: UplinkRow | None = None


class NamedDeviceRow(TypedRow):
    """The name and type of a device."""

    name: str | None = None
    type: str | None = None


class OutageRows:
    """The rows of one inventory that only `what-if` reads."""

    devices = TypedRows("device", NamedDeviceRow)
    devices_linked = TypedRows("device", LinkedDeviceSeen, observed=True)
    ha_resources = TypedRows("ha-resource", HaResourceRow)
    ha_rules = TypedRows("ha-rule", HaRuleRow)
    replication_jobs = TypedRows("replication-job", ReplicationJobRow)
    storages = TypedRows("storage", ServedStorageRow)

    def __init__(self, inputs: SiteInputs) -> None:
        self.inventory: Inventory = inputs.inventory
        self.config_keys: Mapping[str, list[Key]] = inputs.config_keys
        self.observed_keys: Mapping[str, list[Key]] = inputs.observed_keys
