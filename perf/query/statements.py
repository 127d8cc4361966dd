"""The statements that are measured: families of them, instances made from a seed.

The first thirteen are the DevOps queries of the Time Series Benchmark Suite (its generator
cmd/tsbs_generate_queries/databases/influx/devops.go), written as it writes them.
"""

import dataclasses
import random
import time
import typing

FIELDS = ["usage_user", "usage_system", "usage_idle", "usage_nice", "usage_iowait",
          "usage_irq", "usage_softirq", "usage_steal", "usage_guest", "usage_guest_nice"]
# The start of the data; perf/workload.h has the same.
START_S = 1_451_606_400


@dataclasses.dataclass(frozen=True)
class Data:
    name: str
    hosts: int
    minutes: int
    interval_s: int = 10

    @property
    def lines(self):
        return self.hosts * self.minutes * 60 // self.interval_s


@dataclasses.dataclass(frozen=True)
class Family:
    name: str
    make: typing.Callable[[random.Random, Data], str]
    # How many times faster than InfluxDB 1.6.7 it shall be.
    target: int = 3


def moment(second):
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(second))


def some_hosts(chance, data, count):
    hosts = chance.sample(range(data.hosts), count)
    return "(" + " or ".join(f"hostname = 'host_{host}'" for host in hosts) + ")"


def span(chance, data, hours):
    """A time condition of so many hours inside the data, or of all of it."""
    seconds = min(hours * 3600, data.minutes * 60)
    begin = START_S + chance.randrange(0, data.minutes * 60 - seconds + 1)
    return f"time >= '{moment(begin)}' and time < '{moment(begin + seconds)}'"


def calls(function, count):
    return ", ".join(f"{function}({field})" for field in FIELDS[:count])


def single_groupby(metrics, hosts, hours):
    return Family(f"single-groupby-{metrics}-{hosts}-{hours}", lambda chance, data: (
        f"SELECT {calls('max', metrics)} from cpu where {some_hosts(chance, data, hosts)} and "
        f"{span(chance, data, hours)} group by time(1m)"))


def double_groupby(metrics, name, target=3):
    return Family(f"double-groupby-{name}", lambda chance, data: (
        f"SELECT {calls('mean', metrics)} from cpu where {span(chance, data, 12)} "
        "group by time(1h),hostname"), target)


def cpu_max_all(hosts):
    return Family(f"cpu-max-all-{hosts}", lambda chance, data: (
        f"SELECT {calls('max', len(FIELDS))} from cpu where {some_hosts(chance, data, hosts)} and "
        f"{span(chance, data, 8)} group by time(1h)"))


def high_cpu(hosts, name, target=3):
    def make(chance, data):
        chosen = f"{some_hosts(chance, data, hosts)} and " if hosts else ""
        return f"SELECT * from cpu where {chosen}usage_user > 90.0 and {span(chance, data, 12)}"
    return Family(f"high-cpu-{name}", make, target)


def groupby_orderby_limit(chance, data):
    end = START_S + chance.randrange(min(3600, data.minutes * 30), data.minutes * 60)
    return (f"SELECT max(usage_user) from cpu WHERE time < '{moment(end)}' "
            "group by time(1m) order by time desc limit 5")


def constant(name, statement, target=3):
    return Family(name, lambda chance, data: statement, target)


FAMILIES = [
    single_groupby(1, 1, 1),
    single_groupby(1, 1, 12),
    single_groupby(5, 1, 12),
    single_groupby(5, 8, 1),
    double_groupby(1, "1"),
    double_groupby(5, "5"),
    double_groupby(10, "all", 8),
    constant("lastpoint", 'SELECT * from cpu group by "hostname" order by time desc limit 1'),
    cpu_max_all(1),
    cpu_max_all(8),
    high_cpu(1, "1"),
    high_cpu(0, "all", 8),
    Family("groupby-orderby-limit", groupby_orderby_limit),
    constant("count(*)", "SELECT count(*) FROM cpu", 50),
    constant("sum of all", "SELECT sum(usage_user), sum(usage_idle) FROM cpu", 50),
    constant("min, max of all", "SELECT min(usage_user), max(usage_idle) FROM cpu", 50),
    constant("max of all", "SELECT max(usage_user) FROM cpu", 50),
    constant("mean by day", "SELECT mean(usage_user) FROM cpu GROUP BY time(1d)"),
    constant("tag values", "SHOW TAG VALUES FROM cpu WITH KEY = hostname"),
    constant("series", "SHOW SERIES FROM cpu"),
]


def instances(family, data, count, seed):
    chance = random.Random(f"{seed} {family.name} {data.name}")
    return [family.make(chance, data) for _ in range(count)]
