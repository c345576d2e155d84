"""P8 and P10: mail, and how long after a report anybody learns of it."""

import shutil
import time

from .peers import SmtpSink, smtp_source
from .procs import Failed, free_port, say
from .service import copy_data

CONNECTIONS = 10
# Until the outbox is empty.
PATIENCE_S = 600


def settings(port):
    """The service's settings for a mail server on this machine."""
    return (
        ("smtp.server", "127.0.0.1"),
        ("smtp.port", port),
        ("smtp.encryption", "none"),
        ("smtp.from", "upsell@service.example"),
        ("smtp.connections_per_host", CONNECTIONS),
        ("mail.group_wait", "0"),
    )


def p8(bench):
    """Everybody sends from one core to the same server on another."""
    count = bench.scale.mails
    options = {"users": 1, "standing": "tenant-storage", "mails": True}
    filled = bench.fleet("mails", tenants=count, **options).data
    sink = SmtpSink(bench.scratch, bench.load_cores)
    with sink.proc:
        mail_bytes = _latency(bench, "one-mail", 1)["mail_bytes"]
        say(f"a mail has {mail_bytes} bytes")
        cores = bench.server_cores
        sources = {
            "smtp-source -d": (count, True),
            "smtp-source": (count, False),
        }
        subjects = {"upsell": lambda number: _service(bench, filled, sink, number)}
        for name, (mails, keep) in sources.items():
            subjects[name] = _source(bench, name, sink, cores, mails, mail_bytes, keep)
        subjects["lettre, nodelay"] = lambda number: _lettre(bench, sink, number, mail_bytes)
        bench.rounds("P8", subjects)
    bench.drop("mails")


def _service(bench, filled, sink, number):
    data = bench.scratch / "outbox"
    shutil.rmtree(data, ignore_errors=True)
    copy_data(filled, data)
    count = bench.scale.mails
    # Mails are sent from the first moment on.
    options = {"cores": bench.server_cores, "settings": settings(sink.port), "data": data}
    options["settled"] = False
    with bench.upsell(None, **options) as upsell:
        first, begin, cpu_s = _sent(upsell), time.monotonic(), upsell.proc.cpu_s()
        sent = first
        while sent < count:
            if time.monotonic() - begin > PATIENCE_S:
                raise Failed(f"only {sent} of {count} mails were sent in {PATIENCE_S} s")
            time.sleep(0.02)
            sent = _sent(upsell)
        seconds, cpu_s = time.monotonic() - begin, upsell.proc.cpu_s() - cpu_s
        where = ("P8", "c10", "upsell", number)
        bench.results.add(*where, "rate", (sent - first) / seconds, "mails/s")
        bench.results.add(*where, "cpu", cpu_s * 1e6 / (sent - first), "us/mail")
        bench.results.add(*where, "rss", upsell.proc.rss_bytes() / 2**20, "MiB")
        upsell.stop()
    shutil.rmtree(data)


def _sent(upsell):
    return upsell.metric("upsell_mails_total", outcome="sent")


def _source(bench, name, sink, cores, mails, mail_bytes, keep):
    def measure(number):
        result = smtp_source(sink, cores, mails, CONNECTIONS, mail_bytes, keep)
        bench.results.add_load(("P8", "c10", name, number), result, unit="mails")

    return measure


def _lettre(bench, sink, number, mail_bytes):
    options = {"mails": bench.scale.mails, "connections": CONNECTIONS, "bytes": mail_bytes}
    result = bench.tools.call("lettre", bench.server_cores, None, port=sink.port, **options)
    bench.results.add_load(("P8", "c10", "lettre, nodelay", number), result, unit="mails")


def p10(bench):
    """One report after the other on an idle machine; the tool is the mail server, too."""
    for number in range(1, bench.scale.rounds + 1):
        say(f"P10 round {number}/{bench.scale.rounds}")
        result = _latency(bench, f"latency-{number}", bench.scale.latency_reports)
        for kind in ("alert", "mail"):
            for quantile in ("p50", "p99"):
                where = ("P10", "idle", "upsell", number, f"{kind} {quantile}")
                bench.results.add(*where, result[kind][f"{quantile}_us"] / 1e3, "ms")


def _latency(bench, name, count):
    """Reports on a fleet of its own, one after the other."""
    fleet = bench.fleet(name, tenants=max(count, 1_000), users=1, standing="quiet")
    port = free_port()
    with bench.upsell(fleet, bench.server_cores, settings(port)) as upsell:
        options = {"address": upsell.address, "bearer": upsell.token(fleet), "smtp_port": port}
        options |= {"tenants": fleet.tenants, "users": 1, "count": count}
        result = bench.tools.call("latency", bench.load_cores, **options)
        upsell.stop()
    bench.drop(name)
    return result
