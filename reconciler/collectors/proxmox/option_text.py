"""Options in one text, `vers=4.2,soft` or `tag=9 vlan_mode=access`: shown where an option is documented.

People write passwords among the options of a mount, so the value of an option that is not in a list of
documented ones (nfs(5), mount.cifs(8), mount.ceph(8), ovs-vsctl(8)) is not shown, only its name.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from pydantic import GetCoreSchemaHandler
from pydantic_core import CoreSchema, core_schema

from reconciler.model.pointer import pointer

HIDDEN = "(not shown)"
"""In place of a value that is not shown."""


@dataclass(frozen=True, slots=True)
class Options:
    """The documented options of a text, and what stands between them."""

    names: frozenset[str]
    between: str

    def __get_pydantic_core_schema__(self, source: object, handler: GetCoreSchemaHandler) -> CoreSchema:
        """Show only the values of documented options, live and declared alike."""
        return core_schema.no_info_after_validator_function(self.hide_other_values, handler(source))

    def hide_other_values(self, text: str) -> str:
        """Return the text without the values of other options."""
        return re.sub(self._pattern, self._without_value, text)

    def unread(self, key: str, text: str) -> Mapping[str, str]:
        """Return the values that are not shown, by JSON pointer."""
        found = re.finditer(self._pattern, text)
        return {pointer(key, each[1]): each[2] for each in found if each[1] not in self.names}

    @property
    def _pattern(self) -> str:
        return rf"([^{self.between}=\s]+)=([^{self.between}]*)"

    def _without_value(self, match: re.Match[str]) -> str:
        return match[0] if match[1] in self.names else f"{match[1]}={HIDDEN}"


MOUNT = Options(
    frozenset(
        "acdirmax acdirmin acregmax acregmin actimeo cache clientaddr dir_mode dom domain echo_interval"
        " file_mode fs gid handletimeout iocharset local_lock lookupcache max_channels max_connect"
        " mds_namespace minorversion mountaddr mounthost mountport mountproto mountvers ms_mode name namlen"
        " nconnect nfsvers port proto recover_session retrans retry rsize sec timeo uid user username vers"
        " workgroup wsize xprtsec".split()
    ),
    ",",
)
OPEN_VSWITCH = Options(
    frozenset(
        "bond_downdelay bond_mode bond_updelay lacp mtu_request ofport_request stp_enable rstp_enable tag"
        " trunks type vlan_mode".split()
    ),
    r"\s",
)
