"""What every row works with: settings of the run, directories with data, the loop of rounds."""

import os
import shutil
from dataclasses import dataclass
from pathlib import Path

from .procs import say
from .service import Fleet, Upsell


@dataclass(frozen=True)
class Scale:
    """How much is measured."""

    rounds: int
    seconds: float
    warm_up: float
    reads_warm_up: float
    # Before the first round: what a service remembers is there then, as it is after a minute of use.
    first_warm_up: float
    redirect_tenants: int
    tokens: int
    readers: int
    usage_tenants: int
    # In Redis, which needs 10 KB of memory for each, and minutes to be filled.
    redis_tenants: int
    mails: int
    latency_reports: int
    growth: tuple
    build: bool


FULL = Scale(
    rounds=5,
    seconds=5,
    warm_up=1,
    reads_warm_up=5,
    first_warm_up=15,
    redirect_tenants=100_000,
    tokens=1_000_000,
    readers=10_000,
    usage_tenants=500_000,
    redis_tenants=100_000,
    mails=40_000,
    latency_reports=300,
    growth=(10_000, 100_000, 1_000_000),
    build=True,
)

QUICK = Scale(
    rounds=1,
    seconds=0.7,
    warm_up=0.1,
    reads_warm_up=0.1,
    first_warm_up=0.1,
    redirect_tenants=500,
    tokens=5_000,
    readers=50,
    usage_tenants=1_000,
    redis_tenants=1_000,
    mails=300,
    latency_reports=10,
    growth=(100, 300, 500),
    build=False,
)


class Bench:
    """One run."""

    def __init__(self, tools, scale, results, scratch, server_cores, load_cores):
        self.tools = tools
        self.scale = scale
        self.results = results
        self.scratch = scratch
        self.server_cores = server_cores
        self.load_cores = load_cores
        self._fleets = {}
        self._logs = 0

    @property
    def both_cores(self):
        """Server and load together, for what takes two."""
        return f"{self.server_cores},{self.load_cores}"

    @property
    def two_load_cores(self):
        """Two cores for the load: others than the server's where there are four."""
        return "2,3" if (os.cpu_count() or 1) >= 4 else self.both_cores

    def log(self, name):
        """A fresh log file."""
        self._logs += 1
        return self.scratch / f"{name}-{self._logs}.log"

    def directory(self, name):
        """A fresh directory on the disk."""
        path = self.scratch / name
        shutil.rmtree(path, ignore_errors=True)
        path.mkdir()
        return path

    def fleet(self, name, **options):
        """A seeded directory, made once in a run."""
        if name not in self._fleets:
            say(f"seeding {name}: {options['tenants']:,} tenants")
            directory = self.directory(f"fleet-{name}")
            figures = self.tools.call("seed", dir=directory, **options)
            self._fleets[name] = Fleet(directory, figures)
        return self._fleets[name]

    def drop(self, name):
        """Removes a seeded directory: they are large."""
        fleet = self._fleets.pop(name, None)
        if fleet:
            shutil.rmtree(fleet.directory)

    def redirects(self):
        """100 k tenants with two users each, and 1 M tokens."""
        scale = self.scale
        options = {"tenants": scale.redirect_tenants, "users": 2, "tokens": scale.tokens}
        return self.fleet("redirects", readers=scale.readers, peer_state=True, **options)

    def usages(self):
        """1 M accounts of which none has an alert."""
        return self.fleet("usages", tenants=self.scale.usage_tenants, users=1, standing="quiet")

    def upsell(self, fleet, cores=None, settings=(), data=None, settled=True):
        """A running service on a fleet's data, which has read ahead what it does."""
        data = data or fleet.data
        service = Upsell(self.tools, data, self.log("upsell"), cores, settings)
        return service.settle() if settled else service

    def rounds(self, row, subjects):
        """Each subject in turn, so many times: what changes on the machine meets all of them.
        Every other round goes backwards, so that nobody always follows the same one."""
        for number in range(1, self.scale.rounds + 1):
            order = list(subjects.items())
            for name, measure in order if number % 2 else reversed(order):
                say(f"{row} round {number}/{self.scale.rounds}: {name}")
                measure(number)

    def load(self, subcommand, address, procs, cores=None, number=1, **options):
        """A load for this run's time, in round `number`."""
        warm_up = options.pop("warm_up", self.scale.warm_up)
        if number == 1:
            warm_up = self.scale.first_warm_up
        times = {"seconds": self.scale.seconds, "warm_up": warm_up}
        options = {**times, "seed": number, **options}
        cores = self.load_cores if cores is None else cores
        return self.tools.call(subcommand, cores, procs, address=address, **options)


def disk_is_memory(path):
    """Whether a directory is on tmpfs, where an fsync costs nothing."""
    device = os.stat(path).st_dev
    best, kind = "", ""
    for line in Path("/proc/mounts").read_text().splitlines():
        _, mount, system, *_ = line.split()
        if len(mount) >= len(best) and Path(mount).exists() and os.stat(mount).st_dev == device:
            best, kind = mount, system
    return kind in ("tmpfs", "ramfs")
