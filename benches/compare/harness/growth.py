"""P9, P11 and P12: memory and start, growth, and the build."""

import os
import shutil
import subprocess
import time
from contextlib import ExitStack
from pathlib import Path

from .procs import Failed, say
from .service import BATCH, BATCH_CONNECTIONS

SIZES = ("smallest", "middle", "largest")


def p9(bench):
    """What an account costs in memory, against a service with few of them under the same load."""
    fleet = bench.usages()
    few_tenants = min(500, fleet.tenants // 10)
    few = bench.fleet("few", tenants=few_tenants, users=1, standing="quiet")
    for number in range(1, bench.scale.rounds + 1):
        say(f"P9 round {number}/{bench.scale.rounds}")
        base, base_used, _ = _memory(bench, few)
        rss, used, start_s = _memory(bench, fleet)
        where = ("P9", "1 M accounts", "upsell", number)
        add, more = bench.results.add, fleet.accounts - few.accounts
        add(*where, "accounts", fleet.accounts, "accounts")
        add(*where, "start", start_s, "s")
        add(*where, "bytes/account at start", (rss - base) / more, "B")
        add(*where, "bytes/account", (used - base_used) / more, "B")
        add(*where, "rss at start", rss / 2**20, "MiB")
        add(*where, "rss", used / 2**20, "MiB")
        add(*where, "rss with few accounts", base_used / 2**20, "MiB")
    bench.drop("few")


def _memory(bench, fleet):
    """Resident bytes after start, the same when all accounts have reported, and the time of the
    start."""
    with bench.upsell(fleet, settled=False) as upsell:
        rss = upsell.proc.rss_bytes()
        upsell.settle()
        options = upsell.reports(fleet, BATCH, BATCH_CONNECTIONS)
        bench.load("ingest", upsell.address, [upsell.proc], cores=bench.both_cores, **options)
        used, start_s = upsell.proc.rss_bytes(), upsell.start_s
        upsell.stop()
    return rss, used, start_s


def p11(bench):
    """Redirects and batches of reports, with more and more tenants. Each size is measured in
    turn within a round, as the peers are elsewhere."""
    subjects = {}
    with ExitStack() as stack:
        for size, tenants in zip(SIZES, bench.scale.growth, strict=True):
            # As many tokens for each size: the load is the same work. Of accounts without an alert: no
            # report changes where their links lead.
            options = {"users": 1, "tokens": bench.scale.tokens, "standing": "quiet"}
            fleet = bench.fleet(f"growth-{size}", tenants=tenants, **options)
            upsell = stack.enter_context(bench.upsell(fleet, bench.server_cores))
            for what in ("redirects", "reports"):
                name = f"{what} of {tenants:,} tenants"
                subjects[name] = _grown(bench, what, size, fleet, upsell)
        bench.rounds("P11", subjects)
    for size in SIZES:
        bench.drop(f"growth-{size}")


def _grown(bench, what, size, fleet, upsell):
    if what == "redirects":
        subcommand, unit = "load", "requests"
        options = {"tokens": fleet.tokens, "connections": 64}
    else:
        subcommand, unit = "ingest", "records"
        options = upsell.reports(fleet, BATCH, BATCH_CONNECTIONS)

    def measure(number):
        server = [upsell.proc]
        result = bench.load(subcommand, upsell.address, server, number=number, **options)
        where = ("P11", f"{what}, {size}", "upsell", number)
        bench.results.add_load(where, result, server, unit)
        bench.results.add(*where, "tenants", fleet.tenants, "tenants")

    return measure


def p12(bench):
    """A build with nothing there but the sources of the dependencies."""
    if not bench.scale.build:
        say("P12 is left out of a quick run: it takes minutes")
        return
    root = bench.tools.root
    fetched = subprocess.run(["cargo", "fetch", "--locked", "--quiet"], cwd=root, check=False)
    if fetched.returncode != 0:
        raise Failed("cargo fetch failed")
    target = bench.directory("build")
    command = ["cargo", "build", "--locked", "--profile", "dist", "--bin", "upsell", "--target-dir", target]
    say("P12: a cold build of a package")
    start = time.monotonic()
    env = {**os.environ, "CARGO_INCREMENTAL": "0"}
    shell = ["taskset", "-c", bench.both_cores, *map(str, command), "--quiet"]
    done = subprocess.run(shell, cwd=root, env=env, check=False)
    if done.returncode != 0:
        raise Failed("the build of a package failed")
    minutes = (time.monotonic() - start) / 60
    size = Path(target, "dist", "upsell").stat().st_size
    where = ("P12", "release", "upsell", 1)
    bench.results.add(*where, "build", minutes, "min")
    bench.results.add(*where, "size", size / 2**20, "MiB")
    shutil.rmtree(target)
