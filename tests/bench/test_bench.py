"""The parts of `make bench` that lean on the whole job, on a small site: the rest cannot break unseen."""

from tests.bench import job


def test_a_run_is_measured_without_its_requests(tmp_path):
    cpu, memory = job.steps(tmp_path, 60, loads=1.0)
    assert (cpu.step, memory.step) == ("run: CPU without HTTP", "run: peak memory")
    assert 0 < cpu.seconds < 60
    assert 20 < memory.seconds < 600
