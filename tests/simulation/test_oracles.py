"""SimPy and Ciw on the same customers, hour by hour: optional, `pip install simpy ciw`."""

import numpy as np
import pytest

from keruen.network.facility import Arrivals, Stage, erlang, exponential, geometric, hyperexponential, series
from keruen.simulation.replications import run_one
from keruen.simulation.world import plan
from tests.simulation.cases import poisson

LINES = {
    "one server": series(exponential(1.25), exponential(1.0)),
    "tandem": series(erlang(2, 0.4), (exponential(1.0), 3), (hyperexponential(0.7, 3.0), 2), exponential(0.3)),
    "trains": series(poisson(0.12, size=geometric(8.0)), (exponential(1.0), 2), (exponential(0.8), 2)),
}
PRECISION_H = 2e-3  # services are read back from visits kept in single precision


def recorded(line, until=2_000.0):
    """Hours of coming, services and hours of leaving by stage, customers in the order of coming to each stage."""
    run = run_one(line, plan(0.0, until, records=200_000), 4, 0)
    stages = []
    for number in range(len(line.stages)):
        rows = run.visit[run.visit["stage"] == number]
        rows = rows[np.lexsort((rows["customer"], rows["arrived"]))]
        stages.append((rows["arrived"], rows["stayed"] - rows["waited"], rows["arrived"] + rows["stayed"]))
    whole = min(len(rows) for rows, _, _ in stages) // 2  # the last to come have not left yet
    return [[part[:whole] for part in stage] for stage in stages]


@pytest.mark.parametrize("name", LINES)
def test_simpy_serves_the_same_customers_at_the_same_hours(name):
    simpy = pytest.importorskip("simpy")
    line = LINES[name]
    for stage, (arrived, served, left) in zip(line.stages, recorded(line), strict=True):
        env = simpy.Environment()
        desk = simpy.Resource(env, stage.servers)
        found = np.zeros(arrived.size)

        def customer(k, env=env, desk=desk, arrived=arrived, served=served, found=found):
            yield env.timeout(arrived[k])
            with desk.request() as turn:
                yield turn
                yield env.timeout(max(served[k], 0.0))
            found[k] = env.now

        for k in range(arrived.size):
            env.process(customer(k))
        env.run()
        assert found == pytest.approx(left, abs=PRECISION_H)


@pytest.mark.parametrize("name", ["one server", "tandem"])
def test_ciw_serves_the_same_customers_at_the_same_hours(name):
    ciw = pytest.importorskip("ciw")
    line = LINES[name]
    for stage, (arrived, served, left) in zip(line.stages, recorded(line), strict=True):
        gaps = np.append(np.diff(arrived, prepend=0.0), 1e9)
        network = ciw.create_network(
            arrival_distributions=[ciw.dists.Sequential(list(gaps))],
            service_distributions=[ciw.dists.Sequential(list(np.maximum(served, 0.0)))],
            number_of_servers=[stage.servers],
        )
        run = ciw.Simulation(network)
        run.simulate_until_max_time(float(left.max()) + 1.0)
        records = sorted(run.get_all_records(), key=lambda one: one.arrival_date)
        assert [one.exit_date for one in records] == pytest.approx(list(left), abs=PRECISION_H)


def test_simpy_agrees_on_the_mean_with_numbers_of_its_own():
    simpy = pytest.importorskip("simpy")
    line = series(Arrivals(exponential(1 / 3.2)), Stage("s", exponential(1.0), 4))
    draws = np.random.default_rng(5)

    def one():
        env = simpy.Environment()
        desk = simpy.Resource(env, 4)
        spent = []

        def customer():
            begun = env.now
            with desk.request() as turn:
                yield turn
                yield env.timeout(draws.exponential(1.0))
            spent.append(env.now - begun)

        def source():
            for _ in range(8_000):
                yield env.timeout(draws.exponential(1 / 3.2))
                env.process(customer())

        env.process(source())
        env.run()
        return np.mean(spent[800:])

    theirs = np.array([one() for _ in range(8)])
    ours = np.array([run_one(line, plan(250.0, 2_250.0), 1, k).moments()[0] for k in range(8)])
    error = np.sqrt(theirs.var(ddof=1) / 8 + ours.var(ddof=1) / 8)
    assert abs(theirs.mean() - ours.mean()) < 3 * error
