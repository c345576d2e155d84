"""P1 and P2: redirects."""

import json
import re
import subprocess
from contextlib import ExitStack

from .peers import Redis, lua_redirect, raw_redirect, static_redirect
from .procs import Failed, Proc
from .service import BATCH, BATCH_CONNECTIONS
from .system import program


def p1(bench):
    """One core for whatever a redirect needs, another for the load."""
    fleet = bench.redirects()
    location = fleet.constant_location()
    scratch, cores = bench.directory("p1"), bench.server_cores
    with ExitStack() as stack:
        upsell = stack.enter_context(bench.upsell(fleet, cores))
        nginx = stack_in(stack, static_redirect(scratch, cores, location))
        redis = stack_in(stack, Redis(scratch, cores, fleet))
        with_redis = stack_in(stack, lua_redirect(scratch, cores, fleet, redis.socket))
        with_dict = stack_in(stack, lua_redirect(scratch, cores, fleet))
        raw, raw_address = raw_redirect(bench.tools, scratch, cores, location)
        stack.enter_context(raw)
        # Name, address, processes, and where all answers lead if it knows only one place.
        servers = {
            "nginx static": (nginx.address, [nginx.proc], location),
            "upsell": (upsell.address, [upsell.proc], None),
            "raw epoll": (raw_address, [raw], location),
            "nginx + Lua + dict": (with_dict.address, [with_dict.proc], None),
            "nginx + Lua + Redis": (with_redis.address, [with_redis.proc, redis.proc], None),
        }
        for case, connections, names in (
            ("c64", 64, list(servers)),
            ("c256", 256, ["nginx static", "upsell", "raw epoll"]),
        ):
            subjects = {
                name: _subject(bench, "P1", case, name, servers[name], fleet, connections)
                for name in names
            }
            bench.rounds(f"P1 {case}", subjects)
        crossed = {
            name: _wrk(bench, name, *servers[name][:2], fleet) for name in ("nginx static", "upsell")
        }
        bench.rounds("P1 wrk", crossed)


def p1b(bench):
    """Whether reports at full rate slow the redirects of the same core."""
    # Of accounts without an alert: no report changes where their links lead.
    options = {"users": 2, "tokens": bench.scale.tokens, "standing": "quiet"}
    fleet = bench.fleet("beside", tenants=bench.scale.redirect_tenants, **options)
    with bench.upsell(fleet, bench.server_cores) as upsell:
        tokens = {"tokens": fleet.tokens, "connections": 64}

        def load(name, number):
            result = bench.load("load", upsell.address, [], number=number, **tokens)
            bench.results.add_load(("P1B", "c64", name, number), result)

        def beside(number):
            with _reports(bench, fleet, upsell, number) as reports:
                load("beside reports", number)
                lines = reports.popen.communicate()[0].splitlines()
            if reports.popen.returncode != 0 or not lines:
                raise Failed(f"the reports failed: {reports.last_words()}")
            taken = json.loads(lines[-1])["units_per_s"]
            bench.results.add("P1B", "c64", "beside reports", number, "reports", taken, "records/s")
            upsell.settle()

        bench.rounds("P1B", {"alone": lambda number: load("alone", number), "beside reports": beside})
    bench.drop("beside")


def _reports(bench, fleet, upsell, number):
    """Batches as fast as they are taken, for longer than the redirects are measured."""
    scale = bench.scale
    warm_up = scale.first_warm_up if number == 1 else scale.warm_up
    options = {"address": upsell.address, "seed": number}
    options |= upsell.reports(fleet, BATCH, BATCH_CONNECTIONS)
    options |= {"seconds": scale.seconds + warm_up + 1, "warm_up": 0}
    command = bench.tools.command("ingest", **options)
    return Proc("reports", command, bench.load_cores, stdout=subprocess.PIPE, log=bench.log("reports"))


def p2(bench):
    """Two cores; on a machine with no more, the load takes its share of them from all alike."""
    fleet = bench.redirects()
    location = fleet.constant_location()
    scratch, cores = bench.directory("p2"), bench.both_cores
    with ExitStack() as stack:
        upsell = stack.enter_context(bench.upsell(fleet, cores))
        nginx = stack_in(stack, static_redirect(scratch, cores, location, workers=2))
        raw, raw_address = raw_redirect(bench.tools, scratch, cores, location, threads=2)
        stack.enter_context(raw)
        servers = {
            "nginx static, 2 workers": (nginx.address, [nginx.proc], location),
            "upsell": (upsell.address, [upsell.proc], None),
            "raw epoll, 2 threads": (raw_address, [raw], location),
        }
        options = {"threads": 2, "cores": bench.two_load_cores}
        subjects = {
            name: _subject(bench, "P2", "c64", name, server, fleet, 64, **options)
            for name, server in servers.items()
        }
        bench.rounds("P2", subjects)


def _subject(bench, row, case, name, server, fleet, connections, **options):
    address, procs, location = server

    def measure(number):
        tokens = {"tokens": fleet.tokens, "location": location, "connections": connections}
        result = bench.load("load", address, procs, number=number, **tokens, **options)
        bench.results.add_load((row, case, name, number), result, procs)

    return measure


def _wrk(bench, name, address, procs, fleet):
    """One token, with a load generator that others wrote: whether ours tells the same."""
    with open(fleet.tokens) as lines:
        token = next(lines).partition("\t")[0]
    agent = "User-Agent: Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"

    def measure(number):
        seconds = max(1, round(bench.scale.seconds))
        command = ["taskset", "-c", bench.load_cores, program("wrk"), "-t1", "-c64"]
        command += [f"-d{seconds}s", "-H", agent, f"http://{address}/r/{token}"]
        before = sum(proc.cpu_s() for proc in procs)
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        cpu_s = sum(proc.cpu_s() for proc in procs) - before
        said = done.stdout
        rate = re.search(r"Requests/sec:\s+([\d.]+)", said)
        count = re.search(r"(\d+) requests in", said)
        if not rate or not count or "Non-2xx" in said or "Socket errors" in said:
            raise Failed(f"wrk against {name}: {said} {done.stderr}")
        where = ("P1", "wrk, one token", name, number)
        bench.results.add(*where, "rate", float(rate[1]), "requests/s")
        bench.results.add(*where, "cpu", cpu_s * 1e6 / int(count[1]), "us/request")

    return measure


def stack_in(stack, server):
    """Has a server stopped when the stack ends."""
    stack.enter_context(server.proc)
    return server
