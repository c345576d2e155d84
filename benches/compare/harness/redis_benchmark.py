"""redis-benchmark, made to send the commands that the service was seen to send.

It sends one command over and over, in which `__rand_int__` becomes twelve random digits wherever it
stands, and whose arguments have no zero bytes. So the peer sends what the service sends, with as
many keys and arguments of the same lengths, and text where those are binary, with random digits in it: a
script that is given the same text many times keeps it once, which the service's does not.

- MGET: as many random records of the peer's own, as many as there are accounts.
- EVALSHA: the same script. Each change expects the revision of a record that never changes (there
  are as many as changes in a script) and writes a random one: in the service both are the same
  record, which it looks up twice, the second time with all of it in the processor's cache.

It does so in two ways, with as many records under way in both:

- *each*: the commands that one report needs, a GET and the script with one change, as many of them in
  a pipeline as the service has in a batch.
- *batches*: the very batches that the service made of them. Both then ask the same of a Redis
  that has no time left, so the ratio of who asks for nothing else and leaves it its core is 1.

The two commands cannot be mixed, so each has half of the time, and the rate of both is that of a server
that does one after the other, as one that has a single thread does.
"""

import re
import subprocess
import time
from dataclasses import dataclass

from .procs import Failed
from .service import BATCH_CONNECTIONS
from .system import program

# The two ways, as they are named in the results.
EACH, BATCHES = "redis-benchmark, each", "redis-benchmark, batches"

RAND = b"__rand_int__"
DIGITS = 12
# As long as what the service's names begin with.
OWN, PEERS = b"upsell:{000}", b"rbench:{000}"
REVISION_BYTES = 8
QUOTED = re.compile(rb'"((?:[^"\\]|\\.)*)"')
ESCAPES = {b"n": b"\n", b"r": b"\r", b"t": b"\t", b"a": b"\a", b"b": b"\b"}

# Records that one call of a script writes.
FILL_TOGETHER = 20_000
FILL = """for i = ARGV[2], ARGV[3] do
  redis.call('SET', ARGV[1] .. string.format('%012d', i), string.format('%08d', i) .. ARGV[4])
end"""


@dataclass(frozen=True)
class Recorded:
    """Commands of the service: the arguments of its largest read and of its largest change."""

    read: list
    write: list


@dataclass(frozen=True)
class Command:
    """What to send, the records in it, and how many of it a connection has under way."""

    words: list
    records: int
    pipelined: int


@dataclass(frozen=True)
class Figures:
    """Records a second of both commands, and of each alone; CPU of Redis for a record."""

    rate: float
    reads_rate: float
    writes_rate: float
    redis_us: float


def recorded(bench, redis, send):
    """What Redis is sent while `send` runs."""
    log = bench.log("monitor")
    with open(log, "wb") as lines:
        monitor = subprocess.Popen([*redis.command, "MONITOR"], stdout=lines)
        try:
            time.sleep(0.2)
            send()
            time.sleep(0.2)
        finally:
            monitor.terminate()
            monitor.wait()
    reads, writes = [], []
    for line in log.read_bytes().splitlines():
        source = line.partition(b"[")[2].partition(b"]")[0]
        # What scripts call is listed, too.
        if not source.endswith(b" lua"):
            words = [unquoted(word) for word in QUOTED.findall(line)]
            found = {b"MGET": reads, b"EVALSHA": writes}.get(words[0].upper() if words else b"")
            if found is not None:
                found.append(words)
    if not reads or not writes:
        raise Failed("the service has sent no MGET or no EVALSHA: this measures something else now")
    return Recorded(max(reads, key=len), max(writes, key=len))


def unquoted(text):
    """What MONITOR has written with escapes."""

    def char(found):
        escape = found.group(1)
        return bytes([int(escape[1:], 16)]) if len(escape) == 3 else ESCAPES.get(escape, escape)

    return re.sub(rb"\\(x[0-9a-f]{2}|.)", char, text)


def is_text(word):
    return all(32 <= byte < 127 for byte in word)


def peers_read(words):
    """An MGET of as many random records."""
    return [words[0]] + [record(len(word), b"w") for word in words[1:]]


def record(length, kind, number=RAND):
    """The name of a record of the peer."""
    return PEERS + kind.ljust(length - len(PEERS) - DIGITS, b"-") + number


def peers_write(words):
    """The same call of the script with records of the peer; and the names it expects and writes."""
    count = int(words[2])
    names, arguments = words[3 : 3 + count], words[3 + count :]
    expected, written = {}, set()
    for name in names[3:]:
        # A record is named first where it is expected, then where it is written.
        if name in expected:
            written.add(name)
        else:
            expected[name] = record(len(name), b"e", b"%012d" % len(expected))
    if written != set(expected):
        raise Failed("a change of the recorded batch does not expect what it writes")
    seen, out = set(), [name.replace(OWN, PEERS) for name in names[:3]]
    for name in names[3:]:
        out.append(record(len(name), b"w") if name in seen else expected[name])
        seen.add(name)
    # As `FILL` writes them.
    revisions = (b"%08d" % number for number in range(len(expected)))
    return words[:3] + out + [peers_argument(word, revisions) for word in arguments], list(expected.values())


def one_change(words):
    """The same call with its first change alone."""
    count = int(words[2])
    names, arguments = words[3 : 3 + count], words[3 + count :]
    head, rest = arguments[:4], arguments[5:]
    expected, written = int(rest[0]), int(rest[1])
    names = names[: 3 + expected + written]
    rest = rest[: 3 + expected + 2 * written]
    return [*words[:2], b"%d" % len(names), *names, *head, b"1", *rest]


def peers_argument(word, revisions):
    if is_text(word):
        return word.replace(OWN, PEERS)
    return next(revisions) if len(word) == REVISION_BYTES else RAND.ljust(len(word), b"b")


class Peer:
    """The peer's records beside the service's in the same Redis, and its commands."""

    def __init__(self, bench, redis, recorded_, accounts):
        self.redis, self.accounts, self.cores = redis, accounts, bench.load_cores
        read = peers_read(recorded_.read)
        write, expected = peers_write(recorded_.write)
        reads, changes = len(read) - 1, len(expected)
        self.batches = Command(read, reads, 1), Command(write, changes, 1)
        self.each = Command([b"GET", read[1]], 1, reads), Command(one_change(write), 1, changes)
        self.channel = next(word for word in write if word == PEERS + b"c").decode()
        # The script writes only where the last revision and the store's epoch are.
        revision = recorded_.write[4].decode()
        redis.cli("COPY", revision, revision.replace(OWN.decode(), PEERS.decode()))
        # Half of them say which record changes, the longer half are bodies.
        binary = sorted((word for word in write if word.startswith(RAND)), key=len)
        self._fill(expected, binary[len(binary) * 3 // 4])
        self._speed = {}

    def _fill(self, expected, body):
        self._set(expected[0][:-DIGITS], 0, len(expected), body)
        self._set(record(len(expected[0]), b"w", b""), 0, self.accounts, body)

    def _set(self, name, first, end, body):
        while first < end:
            last = min(first + FILL_TOGETHER, end)
            self.redis.cli("EVAL", FILL, "0", name.decode(), str(first), str(last - 1), body.decode())
            first = last

    def measure(self, commands, seconds):
        """Both commands, each for half of the time."""
        read, write = commands
        reads, reads_us = self._run(read, seconds / 2)
        before = self.redis.work()
        writes, writes_us = self._run(write, seconds / 2)
        work = self.redis.work() - before
        # Every change that was compared was made; each script also writes the last revision.
        if not work.compared or work.written < work.compared * (1 + 1 / write.records):
            raise Failed(f"redis-benchmark made {work.written} changes of {work.compared}")
        return Figures(1 / (1 / reads + 1 / writes), reads, writes, reads_us + writes_us)

    def _run(self, command, seconds):
        """Records a second, and CPU of Redis for one."""
        least = BATCH_CONNECTIONS * command.pipelined
        name = command.words[0], command.pipelined
        speed = self._speed.get(name) or self._calls(command, 25 * least)
        count = max(least, int(speed * seconds))
        before = self.redis.proc.cpu_s()
        speed = self._speed[name] = self._calls(command, count)
        cpu_s = self.redis.proc.cpu_s() - before
        return speed * command.records, cpu_s * 1e6 / (count * command.records)

    def _calls(self, asked, count):
        """Calls a second, over as many connections as bring batches to the service."""
        command = ["taskset", "-c", self.cores, program("redis-benchmark"), "-3", "--csv"]
        command += ["-p", str(self.redis.port), "-c", str(BATCH_CONNECTIONS), "-n", str(count)]
        command += ["-P", str(asked.pipelined), "-r", str(self.accounts), *asked.words]
        done = subprocess.run(command, capture_output=True, check=False)
        lines = done.stdout.decode(errors="replace").splitlines()
        if done.returncode != 0 or len(lines) < 2:
            raise Failed(f"redis-benchmark failed: {done.stdout[-300:]} {done.stderr[-300:]}")
        # The first of the eight fields is the command itself.
        return float(lines[-1].rsplit(",", 7)[1].strip('"'))
