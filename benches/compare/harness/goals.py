"""The goals of each row, and how a figure is made of what was measured."""

from dataclasses import dataclass
from typing import Optional

from .results import Spread

TITLES = {
    "P1": "Redirect, whole path, one core",
    "P1B": "Redirect beside bulk reports, on one core",
    "P2": "Redirect, two cores, against nginx with two workers",
    "P3": "Alerts of a user with five of them, as JSON",
    "P4": "Header of the portal, as JSON and as HTML",
    "P5": "Bulk usage, durable and evaluated, batches of 1,000",
    "P6": "Single usage reports, durable, 64 clients",
    "P7": "Bulk usage through Redis, one node, batches of 1,000",
    "P8": "Mail: outbox, rendered, accepted by smtp-sink, 10 connections",
    "P9": "Memory and start with 1 M accounts",
    "P10": "From report to alert, and to the mail server",
    "P11": "Growth from 10 k to 1 M tenants",
    "P12": "Cold release build, and the binary",
}

ROWS = list(TITLES)


@dataclass(frozen=True)
class Goal:
    """A figure to be reached: a value, or a ratio where `per` names another subject."""

    row: str
    what: str
    case: str
    metric: str
    at_least: Optional[float] = None
    at_most: Optional[float] = None
    subject: str = "upsell"
    # Case and subject that the figure is divided by.
    per: Optional[tuple] = None
    unit: str = ""

    def goal(self):
        sign, bound = ("≥", self.at_least) if self.at_most is None else ("≤", self.at_most)
        return f"{sign} {number(bound)}{self._suffix()}"

    def _suffix(self):
        return " ×" if self.per else (f" {self.unit}" if self.unit else "")

    def spread(self, results):
        own = (self.case, self.subject)
        if self.per:
            return Spread.of(results.ratios(self.row, own, self.per, self.metric))
        return Spread.of(results.by_round(self.row, *own, self.metric).values())

    def figure(self, spread):
        return f"{number(spread.median)}{self._suffix()}"

    def reached(self, spread):
        if self.at_most is not None:
            return spread.median <= self.at_most
        return spread.median >= self.at_least


def number(value):
    """A number as people read it: three digits that count, thousands parted."""
    if value == 0:
        return "0"
    size = abs(value)
    if size >= 1000:
        return f"{value:,.0f}"
    if size >= 100:
        return f"{value:.0f}"
    if size >= 10:
        return f"{value:.1f}"
    return f"{value:.2f}" if size >= 0.1 else f"{value:.3g}"


def _ratio(row, what, case, other, at_least=None, at_most=None, metric="rate"):
    per = other if isinstance(other, tuple) else (case, other)
    return Goal(row, what, case, metric, at_least, at_most, per=per)


def _value(row, what, case, metric, unit, at_least=None, at_most=None):
    return Goal(row, what, case, metric, at_least, at_most, unit=unit)


GOALS = [
    _ratio("P1", "÷ nginx static 302, 64 connections", "c64", "nginx static", 1.00),
    _ratio("P1", "÷ nginx static 302, 256 connections", "c256", "nginx static", 1.00),
    _ratio("P1", "÷ nginx + Lua + Redis", "c64", "nginx + Lua + Redis", 4.5),
    _ratio("P1", "p99 ÷ nginx's, 64 connections", "c64", "nginx static", at_most=1.25, metric="p99"),
    _ratio("P1", "p99 ÷ nginx's, 256 connections", "c256", "nginx static", at_most=1.25, metric="p99"),
    Goal(
        "P1B",
        "p99 beside bulk reports ÷ p99 alone",
        "c64",
        "p99",
        at_most=1.5,
        subject="beside reports",
        per=("c64", "alone"),
    ),
    _ratio("P2", "÷ nginx static 302, 2 workers", "c64", "nginx static, 2 workers", 0.95),
    _ratio("P3", "÷ nginx serving that file", "alerts", "nginx file", 1.00),
    _ratio("P4", "JSON ÷ nginx serving that file", "header JSON", "nginx file", 1.00),
    _ratio("P4", "HTML ÷ nginx serving that file", "header HTML", "nginx file", 1.00),
    _value("P5", "records taken", "batches", "rate", "records/s", at_least=600_000),
    _ratio("P5", "÷ fjall alone, a record an account", "batches", "fjall alone", 2.0),
    _ratio("P5", "÷ SQLite (WAL, FULL), a record an account", "batches", "SQLite", 15),
    _value("P5", "p99 of a batch", "batches", "p99", "µs", at_most=30_000),
    _ratio("P6", "÷ the disk's fsyncs/s", "singles", "fsync", 8),
    _value("P6", "CPU of a report", "singles", "cpu", "µs", at_most=20),
    _ratio("P6", "p99 ÷ p50 of one fsync", "singles", "fsync", at_most=10, metric="p99 in fsyncs"),
    _ratio("P7", "÷ redis-benchmark, a record a command", "in memory", "redis-benchmark, each", 1.9),
    _ratio("P7", "÷ redis-benchmark, the service's batches", "in memory", "redis-benchmark, batches", 0.9),
    _ratio("P8", "÷ smtp-source -d", "c10", "smtp-source -d", 0.45),
    _ratio("P8", "÷ lettre, kept connections, TCP_NODELAY", "c10", "lettre, nodelay", 3),
    _value("P8", "CPU of a mail", "c10", "cpu", "µs", at_most=150),
    _value("P9", "resident, each account", "1 M accounts", "bytes/account", "B", at_most=150),
    _value("P9", "start until ready", "1 M accounts", "start", "s", at_most=2),
    _value("P10", "report until the alert is seen, p99", "idle", "alert p99", "ms", at_most=5),
    _value("P10", "report until the mail is taken, p99", "idle", "mail p99", "ms", at_most=50),
    _ratio("P11", "redirects, most tenants ÷ fewest", "redirects, largest", ("redirects, smallest", "upsell"), 0.85),
    _ratio("P11", "reports, most tenants ÷ fewest", "reports, largest", ("reports, smallest", "upsell"), 0.85),
    _value("P12", "cold release build", "release", "build", "min", at_most=6),
    _value("P12", "size of the binary", "release", "size", "MiB", at_most=22),
]
