"""The simulated site as one thing to start and stop: `with Lab() as lab: … lab.hosts …`."""

import tempfile
from collections import Counter
from collections.abc import Mapping
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from reconciler.lab.faults import Faults
from reconciler.lab.grow import grow
from reconciler.lab.members import Node
from reconciler.lab.npm.api import Npm
from reconciler.lab.proxmox.api import Proxmox
from reconciler.lab.proxmox.quirks import Quirks
from reconciler.lab.server import Server
from reconciler.lab.state import State, load_site
from reconciler.lab.tls import Tls, make_tls
from reconciler.lab.unifi.api import Unifi
from reconciler.lab.wire import Api

_AUDITOR = "reconciler@pve!drift"


class Served:
    """One server of the lab besides the cluster: its address, its requests and its faults."""

    def __init__(self, api: Api, tls: Tls, latency: float, software: str) -> None:
        self.faults = Faults(latency=latency)
        self.server = Server(api, tls, self.faults, hosts=1, software=software)

    @property
    def url(self) -> str:
        """`https://127.0.0.1:PORT`."""
        return f"https://{self.server.hosts[0]}"

    @property
    def requests(self) -> Counter[str]:
        """`GET /path` → number of requests so far."""
        return Counter(dict(self.server.requests))


class Lab:
    """A site on loopback that runs as long as the `with` block.

    A Proxmox VE cluster with one TLS listener per node, a UniFi controller, and Nginx Proxy Manager.

    `site` is a site description (default: `load_site()`); `guests` grows it to that many; `hosts` is the
    number of nodes with a listener; `latency` is in seconds.
    """

    def __init__(
        self,
        site: Mapping[str, Any] | None = None,
        *,
        guests: int | None = None,
        hosts: int | None = None,
        latency: float = 0.0,
    ) -> None:
        self.state = State(load_site() if site is None else site)
        if guests is not None:
            grow(self.state, guests)
        self.faults = Faults(latency=latency)
        self.quirks = Quirks()
        self.unifi = Unifi(self.state)
        self.npm = Npm(self.state)
        self.token_id = _AUDITOR
        """A token that may read everything; the site describes the other ones."""
        self._listeners = len(self.state.nodes) if hosts is None else hosts
        self._ending = ExitStack()
        self._tls: Tls | None = None
        self._server: Server | None = None
        self._served: dict[str, Served] = {}

    def __enter__(self) -> Self:
        with ExitStack() as ending:
            self._start(ending)
            self._ending = ending.pop_all()
        return self

    def _start(self, ending: ExitStack) -> None:
        folder = ending.enter_context(tempfile.TemporaryDirectory(prefix="reconciler-lab-"))
        self._tls = make_tls(Path(folder))
        self.state.cluster["fingerprint"] = self._tls.fingerprint
        api = Proxmox(self.state, self.quirks)
        self._server = Server(
            api, self._tls, self.faults, hosts=self._listeners, software="pve-api-daemon/3.0"
        )
        ending.callback(self._server.stop)
        self._server.start()
        for name, beside, software in (("unifi", self.unifi, "nginx"), ("npm", self.npm, "openresty")):
            self._served[name] = Served(beside, self._tls, self.faults.latency, software)
            ending.callback(self._served[name].server.stop)
            self._served[name].server.start()
        self.state.on_node = self._follow
        for node in self.state.nodes.values():
            self._follow(node)

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._ending.close()

    @property
    def server(self) -> Server:
        """The listeners: close and open single hosts, read the peak of requests in flight."""
        assert self._server is not None, "the lab is not running"
        return self._server

    def served(self, name: str) -> Served:
        """Return the server of `unifi` or `npm`, with its URL, requests and faults."""
        return self._served[name]

    @property
    def hosts(self) -> list[str]:
        """`127.0.0.1:PORT` of each listener, in the order of the nodes."""
        return self.server.hosts

    @property
    def ca_file(self) -> Path:
        """The certificate of the CA to trust."""
        assert self._tls is not None, "the lab is not running"
        return self._tls.ca_file

    @property
    def fingerprint(self) -> str:
        """SHA-256 of the server certificate, `AA:BB:…`."""
        assert self._tls is not None, "the lab is not running"
        return self._tls.fingerprint

    @property
    def token_secret(self) -> str:
        """The secret of `token_id`, which may read everything."""
        return self.secret(self.token_id)

    def secret(self, token_id: str) -> str:
        """Return the secret of any token of the site, by `USER@REALM!TOKENID`."""
        user, _, token = token_id.partition("!")
        return str(self.state.access["users"][user]["tokens"][token]["secret"])

    @property
    def secrets(self) -> dict[str, str]:
        """The credential of a read-only account by system: UniFi's API key, the proxy manager's password."""
        return {
            "unifi": next(key for key, role in self.state.unifi["keys"].items() if role == "readonly"),
            "npm": str(self.state.npm["users"]["reader@lan.example"]["password"]),
        }

    @property
    def requests(self) -> Counter[str]:
        """`GET /api2/json/version` → number of requests so far; `.total()` is the number of all requests."""
        return Counter(dict(self.server.requests))

    def _follow(self, node: Node) -> None:
        """Open the listener of a node that is online, and close that of one that is offline."""
        host = node.id - 1
        if host >= self._listeners:
            return
        if node.online:
            self.server.open_host(host)
        else:
            self.server.close_host(host)
