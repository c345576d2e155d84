"""P7: usage reports through Redis, against redis-benchmark with the commands that they need."""

import time

from .peers import RedisServer
from .procs import Failed, Proc, say
from .redis_benchmark import BATCHES, EACH, Peer, recorded
from .service import BATCH, BATCH_CONNECTIONS, Fleet

# What a rewrite of the append-only file may take.
REWRITE_S = 120


def p7(bench):
    """A core for Redis in all cases, and everything that is left for who uses it."""
    scratch = bench.directory("p7")
    with RedisServer(scratch, bench.server_cores) as redis:
        fleet = _seed(bench, redis)
        service = bench.upsell(fleet, settings=[("store", redis.url)])
        with service as upsell:
            options = upsell.reports(fleet, BATCH, BATCH_CONNECTIONS)
            peer = Peer(bench, redis, _recorded(bench, redis, upsell, options), fleet.accounts)
            with _listener(bench, redis, peer.channel):
                subjects = {
                    "upsell": lambda case: _service(bench, redis, upsell, options, case),
                    EACH: lambda case: _peer(bench, peer, case, EACH),
                    BATCHES: lambda case: _peer(bench, peer, case, BATCHES),
                }
                _rounds(bench, subjects, "in memory")
                _append_only(redis)
                _rounds(bench, subjects, "appendonly, everysec")
                redis.cli("CONFIG", "SET", "appendonly", "no")
            upsell.stop()
        # Alone, so that nobody else listens to what it tells other nodes.
        with _listener(bench, redis, peer.channel):
            subjects = {
                "engine alone": lambda case: _engine(bench, redis, fleet, case),
                BATCHES: lambda case: _peer(bench, peer, case, BATCHES),
            }
            _rounds(bench, subjects, "engine alone, in memory")


def _rounds(bench, subjects, case):
    bench.rounds(f"P7 {case}", {name: make(case) for name, make in subjects.items()})


def _seed(bench, redis):
    directory = bench.directory("fleet-redis")
    tenants = bench.scale.redis_tenants
    say(f"seeding Redis: {tenants:,} tenants")
    options = {"dir": directory, "store": redis.url, "tenants": tenants, "users": 1}
    figures = bench.tools.call("seed", standing="quiet", **options)
    say(f"Redis has {redis.info('memory', 'used_memory_human')}")
    return Fleet(directory, figures)


def _recorded(bench, redis, upsell, options):
    """The commands of a few batches."""
    times = {"address": upsell.address, "seconds": 0.3, "warm_up": 0}
    few = {**options, "connections": 1}
    return recorded(bench, redis, lambda: bench.tools.call("ingest", **times, **few))


def _listener(bench, redis, channel):
    """Whoever hears of the peer's changes, as a node hears of its own."""
    command = [*redis.command, "SUBSCRIBE", channel]
    return Proc("listener", command, bench.load_cores, log=None)


def _append_only(redis):
    """From now on everything is written to a file, which is synced every second and not rewritten."""
    for name, value in (
        ("appendfsync", "everysec"),
        ("auto-aof-rewrite-percentage", "0"),
        ("appendonly", "yes"),
    ):
        redis.cli("CONFIG", "SET", name, value)
    end = time.monotonic() + REWRITE_S
    while redis.info("persistence", "aof_rewrite_in_progress") != "0" or redis.info(
        "persistence", "aof_rewrite_scheduled"
    ) != "0":
        if time.monotonic() > end:
            raise Failed(f"Redis had no append-only file in {REWRITE_S} s")
        time.sleep(0.1)


def _service(bench, redis, upsell, options, case):
    duration = "upsell_redis_command_duration_seconds_sum"

    def measure(number):
        where = ("P7", case, "upsell", number)
        work, begin, busy = redis.work(), time.monotonic(), upsell.metric(duration)
        # Service and load share all cores, Redis has one of them.
        result = bench.load(
            "ingest", upsell.address, [upsell.proc], cores=bench.both_cores, number=number, **options
        )
        bench.results.add_load(where, result, [upsell.proc], "records")
        add_work(bench, where, redis.work() - work)
        # Little: the time of all commands in a second is how many are under way.
        under_way = (upsell.metric(duration) - busy) / (time.monotonic() - begin)
        bench.results.add(*where, "under way", under_way, "commands")

    return measure


def _engine(bench, redis, fleet, case):
    """The service's store with nothing before it: no HTTP, no JSON, nothing evaluated."""

    def measure(number):
        where = ("P7", case, "engine alone", number)
        options = {"store": redis.url, "dir": fleet.directory, "seed": number}
        options |= {"tenants": fleet.tenants, "users": fleet.users}
        options |= {"batch": BATCH, "tasks": BATCH_CONNECTIONS, "seconds": bench.scale.seconds}
        work = redis.work()
        result = bench.tools.call("store", bench.load_cores, None, **options)
        bench.results.add_load(where, result, unit="records")
        add_work(bench, where, redis.work() - work)

    return measure


def _peer(bench, peer, case, way):
    commands = peer.each if way == EACH else peer.batches

    def measure(number):
        where = ("P7", case, way, number)
        figures = peer.measure(commands, bench.scale.seconds)
        bench.results.add(*where, "rate", figures.rate, "records/s")
        bench.results.add(*where, "redis", figures.redis_us, "us/record")
        bench.results.add(*where, "reads alone", figures.reads_rate, "records/s")
        bench.results.add(*where, "EVALSHA alone", figures.writes_rate, "records/s")

    return measure


def add_work(bench, where, work):
    """CPU of Redis, by its own count of records, which is that of warm-up and measurement."""
    if not work.compared:
        raise Failed(f"{where}: Redis has stored nothing")
    bench.results.add(*where, "redis", work.cpu_s * 1e6 / work.compared, "us/record")
