"""A simulated site: real TLS servers that speak the APIs, with their quirks.

`with Lab() as lab:` runs it in threads of this process, `python -m reconciler.lab` in a process of its own.
The state comes from `site.yaml`. Everything may be changed while it runs: `lab.state`, `lab.faults`,
`lab.quirks`. To add a system, add a folder beside `proxmox/` with an API function, and a `Server` in `Lab`.
"""

from reconciler.lab.grow import grow
from reconciler.lab.lab import Lab
from reconciler.lab.members import Guest
from reconciler.lab.state import State, load_site

__all__ = ["Guest", "Lab", "State", "grow", "load_site"]
