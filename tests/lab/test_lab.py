"""Starting and ending: nothing is left behind; fewer listeners; nodes that are down from the start."""

import threading

import pytest
from urllib3.exceptions import HTTPError

from reconciler.lab import Lab, load_site
from tests.lab.client import connect
from tests.processes import PATIENCE, wait_until


def test_nothing_is_left_behind():
    before = threading.active_count()
    with Lab() as lab:
        with connect(lab) as client:
            assert client.get("/version").status == 200
        folder = lab.ca_file.parent
        assert threading.active_count() == before + 3  # one per server

    assert threading.active_count() == before
    assert not folder.exists()


def test_it_ends_with_requests_under_way():
    with Lab(latency=30) as lab:
        errors: list[str] = []

        def ask() -> None:
            try:
                with connect(lab) as client:
                    client.get("/version")
            except HTTPError as error:
                errors.append(type(error).__name__)

        thread = threading.Thread(target=ask)
        thread.start()
        wait_until(lambda: lab.requests, "the request")
    thread.join(timeout=PATIENCE)

    assert errors == ["ProtocolError"]


def test_fewer_listeners_than_nodes():
    with Lab(hosts=1) as lab:
        assert len(lab.hosts) == 1
        lab.state.set_node_online("r630-04", online=False)
        with connect(lab) as client:
            assert len(client.data("/nodes")) == 5


def test_a_node_that_is_down_from_the_start():
    lab = Lab(load_site())
    lab.state.set_node_online("r630-02", online=False)
    with lab, connect(lab) as client:
        assert client.get("/nodes/r630-02/qemu").status == 595
        lab.state.set_node_online("r630-02", online=True)
        assert client.get("/version", host=2).status == 200


def test_facts_of_a_lab_that_does_not_run():
    with pytest.raises(AssertionError, match="the lab is not running"):
        _ = Lab().hosts
