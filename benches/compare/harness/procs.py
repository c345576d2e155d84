"""Processes: started pinned, watched by /proc, and stopped whatever happens."""

import atexit
import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

TICKS_PER_S = os.sysconf("SC_CLK_TCK")
PAGE_BYTES = os.sysconf("SC_PAGE_SIZE")
STOP_TIMEOUT_S = 20

_running = []


class Failed(Exception):
    """Something could not be measured; the text says what to do."""


def say(text):
    """Progress, for people."""
    print(time.strftime("%H:%M:%S"), text, file=sys.stderr, flush=True)


def free_port():
    """A port that nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def wait_for(what, ready, timeout_s=60):
    """Waits until `ready()` is true."""
    end = time.monotonic() + timeout_s
    while not ready():
        if time.monotonic() > end:
            raise Failed(f"{what}: not within {timeout_s} s")
        time.sleep(0.01)


def accepts(port):
    """Whether something listens on that port."""
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def pinned(cores, command):
    """The command on these cores (a list as taskset has it); None: on all."""
    return command if cores is None else ["taskset", "-c", cores, *command]


class Proc:
    """A process of ours, with its children."""

    def __init__(self, name, command, cores=None, env=None, stdout=None, log=None, cwd=None):
        self.name = name
        self.log = log
        errors = open(log, "ab") if log else None
        try:
            self.popen = subprocess.Popen(
                pinned(cores, [str(word) for word in command]),
                stdin=subprocess.DEVNULL,
                stdout=stdout if stdout is not None else (errors or subprocess.DEVNULL),
                stderr=errors,
                env=env,
                cwd=cwd,
                # Ctrl-C is for us: we stop them in order.
                start_new_session=True,
            )
        finally:
            if errors:
                errors.close()
        self.pid = self.popen.pid
        _running.append(self)

    def check(self):
        """Fails where it has ended by itself."""
        if self.popen.poll() is not None:
            raise Failed(f"{self.name} ended with {self.popen.returncode}: {self.last_words()}")

    def last_words(self):
        """The end of its log."""
        if not self.log:
            return ""
        return Path(self.log).read_text(errors="replace")[-2000:]

    def wait_ready(self, ready, timeout_s=120):
        """Waits until `ready()`, or fails with what it said."""

        def alive_and_ready():
            self.check()
            return ready()

        wait_for(self.name, alive_and_ready, timeout_s)
        return self

    def _tree(self):
        found, queue = [], [self.pid]
        while queue:
            pid = queue.pop()
            found.append(pid)
            for task in Path(f"/proc/{pid}/task").glob("*/children"):
                try:
                    queue.extend(int(child) for child in task.read_text().split())
                except OSError:
                    continue
        return found

    def cpu_s(self):
        """User and system time of it and its children."""
        return sum(cpu_s_of(pid) for pid in self._tree())

    def rss_bytes(self):
        """Resident memory of it and its children."""
        total = 0
        for pid in self._tree():
            try:
                total += int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * PAGE_BYTES
            except OSError:
                continue
        return total

    def stop(self):
        """Ends it, in peace if it will."""
        if self in _running:
            _running.remove(self)
        if self.popen.poll() is None:
            self.popen.terminate()
            try:
                self.popen.wait(STOP_TIMEOUT_S)
            except subprocess.TimeoutExpired:
                os.killpg(self.pid, signal.SIGKILL)
                self.popen.wait()
        if self.popen.stdout:
            self.popen.stdout.close()
        return self.popen.returncode

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stop()


def cpu_s_of(pid):
    """User and system time of one process; 0 where it is gone."""
    try:
        # The name in the second field may hold blanks and brackets.
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return 0.0
    return (int(fields[11]) + int(fields[12])) / TICKS_PER_S


def stop_all():
    """Ends everything that was started here."""
    while _running:
        _running[-1].stop()


def _interrupted(number, _frame):
    raise KeyboardInterrupt(signal.Signals(number).name)


def guard():
    """From now on everything is stopped at the end, at Ctrl-C and at other orders to stop."""
    atexit.register(stop_all)
    # SIGINT too: a shell that starts us in the background has it ignored.
    signal.signal(signal.SIGINT, _interrupted)
    signal.signal(signal.SIGTERM, _interrupted)
    signal.signal(signal.SIGHUP, _interrupted)
