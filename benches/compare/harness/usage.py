"""P5 and P6: durable usage reports. Everybody may use all cores here: the engines have threads of
their own, and the service shares the machine with the load."""

import json
import subprocess
import sys
from pathlib import Path

from .bench import disk_is_memory
from .procs import Failed, Proc, say
from .service import BATCH, BATCH_CONNECTIONS

# Records as the engines were compared with when one was chosen.
SMALL_RECORD_BYTES = 200


def p5(bench):
    """Batches."""
    fleet = bench.usages()
    stored = fleet.figures["meter_bytes"]
    _warn_of_memory(bench)
    say(f"a stored meter has {stored} bytes")
    subjects = {
        "fjall alone": lambda number: _fjall(bench, fleet, number, stored, "fjall alone"),
        "SQLite": lambda number: _sqlite(bench, fleet, number, stored, "SQLite"),
        f"fjall alone, {SMALL_RECORD_BYTES} B": lambda number: _fjall(
            bench, fleet, number, SMALL_RECORD_BYTES, f"fjall alone, {SMALL_RECORD_BYTES} B"
        ),
        f"SQLite, {SMALL_RECORD_BYTES} B": lambda number: _sqlite(
            bench, fleet, number, SMALL_RECORD_BYTES, f"SQLite, {SMALL_RECORD_BYTES} B"
        ),
    }
    with bench.upsell(fleet) as upsell:
        service = _service(bench, fleet, upsell, "P5", BATCH, BATCH_CONNECTIONS)
        bench.rounds("P5", {"upsell": service, **subjects})
        upsell.stop()


def p6(bench):
    """Singles, and what the disk can promise in the same minute."""
    fleet = bench.usages()
    _warn_of_memory(bench)
    with bench.upsell(fleet) as upsell:
        subjects = {
            "fsync": lambda number: _fsync(bench, number),
            "upsell": _service(bench, fleet, upsell, "P6", 0, 64),
        }
        bench.rounds("P6", subjects)
        upsell.stop()
    _in_fsyncs(bench)


def _warn_of_memory(bench):
    if disk_is_memory(bench.scratch):
        raise Failed(f"{bench.scratch} is in memory, where fsync is free: give --scratch on a disk")


def _service(bench, fleet, upsell, row, batch, connections):
    """The service stays: between its turns it does nothing."""
    case = "batches" if batch else "singles"
    options = upsell.reports(fleet, batch, connections)

    def measure(number):
        before = upsell.metric("upsell_store_fsyncs_total")
        # The load takes what it needs of all cores, too.
        result = bench.load(
            "ingest", upsell.address, [upsell.proc], cores=bench.both_cores, number=number, **options
        )
        bench.results.add_load((row, case, "upsell", number), result, [upsell.proc], "records")
        fsyncs = upsell.metric("upsell_store_fsyncs_total") - before
        bench.results.add(row, case, "upsell", number, "fsyncs", fsyncs, "fsyncs")
        upsell.settle()

    return measure


def _fjall(bench, fleet, number, record_bytes, name):
    directory = bench.directory("fjall")
    options = {"keys": fleet.accounts, "batch": BATCH, "record_bytes": record_bytes}
    result = bench.tools.call("fjall", watch=None, dir=directory, seconds=bench.scale.seconds, **options)
    bench.results.add_load(("P5", "batches", name, number), result, unit="records")
    bench.directory("fjall")


def _sqlite(bench, fleet, number, record_bytes, name):
    directory = bench.directory("sqlite")
    program = Path(__file__).with_name("sqlite_alone.py")
    command = [sys.executable, "-B", program, directory / "sqlite.db"]
    command += [fleet.accounts, BATCH, record_bytes, bench.scale.seconds]
    log = bench.log("sqlite")
    with Proc("SQLite", command, stdout=subprocess.PIPE, log=log) as proc:
        lines = proc.popen.stdout.read().splitlines()
        if proc.popen.wait() != 0 or not lines:
            raise Failed(f"SQLite alone failed: {proc.last_words()}")
    result = json.loads(lines[-1])
    bench.results.add_load(("P5", "batches", name, number), result, unit="records")
    bench.directory("sqlite")


def _fsync(bench, number):
    seconds = min(bench.scale.seconds, 3)
    result = bench.tools.call("fsync", dir=bench.scratch, seconds=seconds)
    where = ("P6", "singles", "fsync", number)
    bench.results.add(*where, "rate", result["units_per_s"], "fsyncs/s")
    for name in ("p50", "p99"):
        bench.results.add(*where, name, result[f"{name}_us"], "us")


def _in_fsyncs(bench):
    """The service's p99, and the disk's usual fsync, under one name, so that they compare."""
    results, metric = bench.results, "p99 in fsyncs"
    for number, p99 in results.by_round("P6", "singles", "upsell", "p99").items():
        results.add("P6", "singles", "upsell", number, metric, p99, "us")
    for number, p50 in results.by_round("P6", "singles", "fsync", "p50").items():
        results.add("P6", "singles", "fsync", number, metric, p50, "us")
