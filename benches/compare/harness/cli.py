"""The command line."""

import argparse
import dataclasses
import shutil
import sys
import tempfile
import time
from pathlib import Path

from . import growth, mail, reading, redirect, selftest, system, through_redis, usage
from .bench import FULL, QUICK, Bench
from .build import Tools
from .chart import growth_chart
from .goals import ROWS, TITLES
from .procs import Failed, guard, say, stop_all
from .report import report
from .results import Results

HERE = Path(__file__).resolve().parent.parent
ROOT = HERE.parent.parent

# Each row: how it is measured, and what must be installed for it.
MEASURES = {
    "P1": (redirect.p1, ["nginx", "lua", "redis", "wrk"]),
    "P1B": (redirect.p1b, []),
    "P2": (redirect.p2, ["nginx"]),
    "P3": (reading.p3, ["nginx"]),
    "P4": (reading.p4, ["nginx"]),
    "P5": (usage.p5, []),
    "P6": (usage.p6, []),
    "P7": (through_redis.p7, ["redis", "redis-tools"]),
    "P8": (mail.p8, ["smtp"]),
    "P9": (growth.p9, []),
    "P10": (mail.p10, []),
    "P11": (growth.p11, []),
    "P12": (growth.p12, []),
}

# Seeded directories and the rows that use them; they go when no row is left that does.
SHARED = {"redirects": {"P1", "P2", "P3", "P4"}, "usages": {"P5", "P6", "P9"}}

ROW_LIST = "\n".join(f"  {row:4} {title}" for row, title in TITLES.items())


def parser():
    about = argparse.ArgumentParser(
        prog="benches/compare/run",
        description="Measures upsell against its peers on this machine and writes RESULTS.md, "
        "results.csv and docs/growth.svg.",
        epilog=f"rows:\n{ROW_LIST}\n\nStop it at any time with Ctrl-C: it ends what it started.",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    add = about.add_argument
    add("--only", metavar="P1,P3", help="these rows; what is known of the others stays in the files")
    add("--rounds", type=int, metavar="N", help=f"rounds of each measurement ({FULL.rounds})")
    add("--seconds", type=float, metavar="S", help=f"length of each measurement ({FULL.seconds})")
    add("--quick", action="store_true", help="see that all works: moments, few tenants, no files kept")
    add("--out", type=Path, metavar="DIR", help="where the files go (benches/compare, and docs for the chart)")
    add("--profile", default="dist", help="cargo profile of service and tools (dist)")
    add("--server-cores", default="0", metavar="LIST", help="for the server (0)")
    add("--load-cores", default="1", metavar="LIST", help="for the load (1)")
    add("--scratch", type=Path, metavar="DIR", help="for data, on a real disk with 30 GiB free (target/compare)")
    add("--no-install", action="store_true", help="fail where something is missing instead of installing it")
    add("--render", action="store_true", help="measure nothing: make the files again from results.csv")
    add("--self-test", action="store_true", help="check this program itself; needs nothing installed")
    return about


def rows_of(text):
    """The rows that are asked for."""
    if not text:
        return list(MEASURES)
    rows = [row.strip().upper() for row in text.split(",") if row.strip()]
    for row in rows:
        if row not in MEASURES:
            raise Failed(f"no row {row}; there are {', '.join(MEASURES)}")
    return sorted(rows, key=ROWS.index)


def scale_of(options):
    scale = QUICK if options.quick else FULL
    changes = {"rounds": options.rounds, "seconds": options.seconds}
    given = {name: value for name, value in changes.items() if value is not None}
    if any(value <= 0 for value in given.values()):
        raise Failed("--rounds and --seconds must be above 0")
    return dataclasses.replace(scale, **given)


def main(words):
    """Runs, and returns the exit code."""
    options = parser().parse_args(words)
    if options.self_test:
        return selftest.main()
    guard()
    try:
        run(options)
    except Failed as error:
        print(f"benches/compare/run: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("benches/compare/run: interrupted; everything is stopped", file=sys.stderr)
        return 130
    finally:
        stop_all()
    return 0


def run(options):
    rows = rows_of(options.only)
    out, keep = options.out or HERE, bool(options.out) or not options.quick
    # Figures of another profile are not to be taken for those of a package.
    profile = "" if options.profile == "dist" else f" (profile {options.profile})"
    results = Results(system.commit(ROOT) + profile, time.strftime("%Y-%m-%d"))
    if keep:
        results.read_earlier(out / "results.csv", [] if options.render else rows)
    if options.render:
        return write(out, results)
    needed = [thing for row in rows for thing in MEASURES[row][1]]
    needed = list(dict.fromkeys(["cc", "taskset", *needed]))
    missing = [thing for thing in needed if not system.NEEDED[thing][0]()]
    if missing and options.no_install:
        raise Failed(f"missing: {', '.join(missing)}")
    system.install(needed)
    parent = options.scratch or ROOT / "target" / "compare"
    parent.mkdir(parents=True, exist_ok=True)
    scratch = Path(tempfile.mkdtemp(prefix="run-", dir=parent))
    try:
        tools = Tools(ROOT, options.profile, scratch)
        tools.build()
        cores = options.server_cores, options.load_cores
        bench = Bench(tools, scale_of(options), results, scratch, *cores)
        measure(bench, rows, (lambda: write(out, results)) if keep else None)
    finally:
        stop_all()
        shutil.rmtree(scratch, ignore_errors=True)
    if not keep:
        say("a quick run: nothing is written; --out DIR keeps its figures")


def measure(bench, rows, keep):
    """All rows; what is measured is written after each, so that a failure costs only the rest."""
    failures = []
    for place, row in enumerate(rows):
        say(f"{row}: {TITLES[row]}")
        try:
            MEASURES[row][0](bench)
        except Failed as error:
            say(f"{row} failed: {error}")
            failures.append(row)
            bench.results.figures = [f for f in bench.results.figures if f.row != row]
        stop_all()
        for name, users in SHARED.items():
            if not users.intersection(rows[place + 1 :]):
                bench.drop(name)
        if keep:
            keep()
    if failures:
        raise Failed(f"not measured: {', '.join(failures)}; see above")


def write(out, results):
    """RESULTS.md, results.csv and the chart."""
    out.mkdir(parents=True, exist_ok=True)
    facts = {"Machine": system.machine(), "Versions": system.versions()}
    notes = {row: text for row in ROWS if (text := note(row))}
    results.write(out / "results.csv")
    (out / "RESULTS.md").write_text(report(results, facts, notes))
    chart = growth_chart(results)
    if chart:
        place = ROOT / "docs" if out == HERE else out
        (place / "growth.svg").write_text(chart)


def note(row):
    """What people have to say on a row."""
    path = HERE / "notes" / f"{row}.md"
    return path.read_text() if path.exists() else None
