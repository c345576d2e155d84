"""Checks of this program that need nothing but Python."""

import tempfile
import unittest
import xml.etree.ElementTree
from pathlib import Path

from . import peers, redis_benchmark
from .chart import growth_chart
from .goals import GOALS, ROWS, Goal, number
from .procs import Failed, Proc, accepts, cpu_s_of, free_port, stop_all
from .report import report
from .results import Results, Spread


def sample():
    """Figures of three rounds for every goal, each with its bound."""
    results = Results("abc", "2030-01-31")
    for goal in GOALS:
        bound = goal.at_least if goal.at_most is None else goal.at_most
        for round_number, factor in ((1, 0.9), (2, 1.0), (3, 1.3)):
            where = (round_number, goal.metric)
            results.add(goal.row, goal.case, goal.subject, *where, bound * factor, "x")
            if goal.per:
                results.add(goal.row, *goal.per, *where, 1, "x")
    return results


class ResultsTest(unittest.TestCase):
    def test_ratios_are_taken_within_a_round(self):
        results = Results("abc", "2030-01-31")
        for number_, ours, theirs in ((1, 10, 5), (2, 40, 10), (3, 3, 1)):
            results.add("P1", "c64", "upsell", number_, "rate", ours, "x")
            results.add("P1", "c64", "nginx static", number_, "rate", theirs, "x")
        goal = Goal("P1", "ratio", "c64", "rate", at_least=3, per=("c64", "nginx static"))
        self.assertEqual(goal.spread(results), Spread(3, 2, 4))
        self.assertTrue(goal.reached(goal.spread(results)))

    def test_a_file_keeps_every_figure(self):
        results = sample()
        with tempfile.TemporaryDirectory() as directory:
            path = Path(directory) / "results.csv"
            results.write(path)
            again = Results("def", "2030-02-01")
            again.add("P1", "c64", "upsell", 1, "rate", 7, "x")
            again.read_earlier(path, ["P1"])
        self.assertEqual([f.value for f in again.figures if f.row == "P1"], [7])
        others = [figure for figure in results.figures if figure.row != "P1"]
        self.assertEqual([f for f in again.figures if f.row != "P1"], others)

    def test_the_spread_of_nothing_is_nothing(self):
        self.assertIsNone(Spread.of([]))
        self.assertEqual(Spread(100, 90, 110).apart_percent(), 20)


class ReportTest(unittest.TestCase):
    def test_every_row_is_there(self):
        text = report(sample(), {"Machine": {"CPU": "x"}}, {"P5": "Why it is so."})
        for row in ROWS:
            self.assertIn(f"| {row} |", text)
        self.assertIn("Why it is so.", text)
        self.assertIn("`benches/compare/run --only P3`", text)
        self.assertNotIn("not measured", text)

    def test_goals_are_met_or_not(self):
        results = Results("abc", "2030-01-31")
        results.add("P9", "1 M accounts", "upsell", 1, "start", 2.5, "s")
        text = report(results, {}, {})
        self.assertIn("| start until ready | ≤ 2.00 s | 2.50 s | 2.50 – 2.50 | **no** |", text)
        self.assertIn("| ≤ 150 B | not measured |", text)

    def test_numbers_are_readable(self):
        written = {0: "0", 0.0123: "0.0123", 0.5: "0.50", 12.34: "12.3", 456.7: "457"}
        for value, text in (written | {300_000: "300,000"}).items():
            self.assertEqual(number(value), text)


class ChartTest(unittest.TestCase):
    def test_it_is_an_svg_with_all_sizes(self):
        results = Results("abc", "2030-01-31")
        for size, tenants in (("smallest", 10_000), ("middle", 100_000), ("largest", 1_000_000)):
            for what in ("redirects", "reports"):
                where = ("P11", f"{what}, {size}", "upsell", 1)
                results.add(*where, "rate", 1000 - tenants / 1e4, "x")
                results.add(*where, "tenants", tenants, "tenants")
        svg = growth_chart(results)
        xml.etree.ElementTree.fromstring(svg)
        for text in ("1,000,000", "10,000", ">900<"):
            self.assertIn(text, svg)
        self.assertIsNone(growth_chart(Results("abc", "2030-01-31")))


class PeersTest(unittest.TestCase):
    def test_configurations_have_balanced_braces(self):
        text = peers.config("/prefix", 8080, "location / { return 204; }", workers=2, lua=True)
        self.assertEqual(text.count("{"), text.count("}"))
        self.assertIn("listen 127.0.0.1:8080 backlog=4096 reuseport;", text)
        self.assertIn("load_module", text)

    def test_state_is_written_as_redis_has_it(self):
        items = ";1,2;3,4;5,6;7,8;9,10\n"
        key, value = peers.record("u:" + "0a" * 4 + "\t" + "ff" * 4 + ";7;1;3" + items)
        self.assertEqual(key, b"u:" + b"\n" * 4)
        usage, quota = (1, 3, 5, 7, 9), (2, 4, 6, 8, 10)
        self.assertEqual(peers.ACCOUNT.unpack(value), (b"\xff" * 4, 7, 1, 3, *usage, *quota))
        key, value = peers.record("t:" + "0b" * 4 + "\t8;1" + items)
        self.assertEqual(peers.ACCOUNT.unpack(value), (bytes(4), 8, 1, 0, *usage, *quota))
        self.assertEqual(peers.bulk(b"ab"), b"$2\r\nab\r\n")


class RedisBenchmarkTest(unittest.TestCase):
    # Two changes, as the service sends them: what is fixed, and what it expects and writes.
    NAMES = [b"upsell:{000}" + name for name in (b"i", b"v", b"l")]
    RECORDS = [b"upsell:{000}rmu" + bytes([byte]) * 16 for byte in (0, 255)]
    HEAD = [b"EVALSHA", b"5f" * 20, b"7"]
    CHANGES = [b"u", b"\0body\0" * 4, b"\0" * 8]

    def test_what_monitor_writes_is_read(self):
        self.assertEqual(redis_benchmark.unquoted(rb'a\x00\"\\\n\xff'), b'a\0"\\\n\xff')

    def test_commands_keep_their_lengths(self):
        first, second = self.RECORDS
        words = [*self.HEAD, *self.NAMES, first, first, second, second, *self.CHANGES]
        write, expected = redis_benchmark.peers_write(words)
        read = redis_benchmark.peers_read([b"MGET", first, second])
        for ours, theirs in ((words, write), ([b"MGET", first, second], read)):
            self.assertEqual([len(word) for word in ours], [len(word) for word in theirs])
        self.assertEqual(write[:3], words[:3])
        self.assertEqual([write[6], write[8]], expected)
        self.assertIn(redis_benchmark.RAND, write[7])
        self.assertEqual(write[-3:], [b"u", b"__rand_int__" + b"b" * 12, b"00000000"])
        self.assertTrue(all(map(redis_benchmark.is_text, write + read)))

    def test_the_first_change_alone(self):
        names, (first, second) = self.NAMES, self.RECORDS
        head = [b"13", b"PUBLISH", b"channel", b"sender"]
        changes = [[b"1", b"1", b"told", b"revision", b"u", body] for body in (b"one", b"two")]
        words = [*self.HEAD, *names, first, first, second, second, *head, b"2", *changes[0], *changes[1]]
        alone = [*self.HEAD[:2], b"5", *names, first, first, *head, b"1", *changes[0]]
        self.assertEqual(redis_benchmark.one_change(words), alone)

    def test_a_change_without_an_expectation_is_none_of_reports(self):
        words = [*self.HEAD[:2], b"4", *self.NAMES, self.RECORDS[0], *self.CHANGES]
        self.assertRaises(Failed, redis_benchmark.peers_write, words)


class ProcsTest(unittest.TestCase):
    def test_a_process_is_measured_and_stopped(self):
        proc = Proc("sleep", ["sleep", "100"])
        self.assertGreater(proc.rss_bytes(), 0)
        self.assertGreaterEqual(cpu_s_of(proc.pid), 0)
        stop_all()
        self.assertIsNotNone(proc.popen.returncode)

    def test_one_that_ends_is_noticed(self):
        with tempfile.TemporaryDirectory() as directory:
            log = Path(directory) / "log"
            proc = Proc("sh", ["sh", "-c", "echo no room >&2; exit 3"], log=log)
            proc.popen.wait()
            with self.assertRaisesRegex(Failed, "ended with 3: no room"):
                proc.check()
            stop_all()

    def test_a_free_port_is_free(self):
        self.assertFalse(accepts(free_port()))


class GoalsTest(unittest.TestCase):
    def test_every_row_has_goals(self):
        self.assertEqual({goal.row for goal in GOALS}, set(ROWS))

    def test_a_bound_is_one_sided(self):
        for goal in GOALS:
            self.assertNotEqual(goal.at_least is None, goal.at_most is None, goal)
        self.assertEqual(GOALS[0].goal(), "≥ 1.00 ×")


def main():
    """The exit code."""
    suite = unittest.defaultTestLoader.loadTestsFromModule(__import__(__name__, fromlist=["x"]))
    outcome = unittest.TextTestRunner(verbosity=1).run(suite)
    return 0 if outcome.wasSuccessful() else 1
