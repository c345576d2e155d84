"""The service under test: its data, its process, its metrics."""

import json
import re
import subprocess
import time
import urllib.error
import urllib.parse
import urllib.request

from .build import environment
from .procs import Failed, Proc, free_port


# Lines of a batch of reports, and how many connections bring batches.
BATCH, BATCH_CONNECTIONS = 1_000, 8
# With 1 M accounts it is some 20 s.
SETTLE_S = 240


class Fleet:
    """A seeded directory."""

    def __init__(self, directory, figures):
        self.directory = directory
        self.data = directory / "data"
        self.tokens = directory / "tokens.tsv"
        self.readers = directory / "readers.txt"
        self.peers = directory / "peers.tsv"
        self.figures = figures
        self.facts = json.loads((directory / "facts.json").read_text())

    @property
    def tenants(self):
        return self.facts["tenants"]

    @property
    def users(self):
        return self.facts["users_per_tenant"]

    @property
    def accounts(self):
        return self.tenants * (1 + self.users)

    def constant_location(self):
        """A Location as long as the median of the real ones: for servers that know only one."""
        lengths = []
        with open(self.tokens) as lines:
            for number, line in enumerate(lines):
                if number >= 20_000:
                    break
                lengths.append(len(line.rstrip("\n").partition("\t")[2]))
        start = "https://shop.example.com/constant/buy?campaign=quota&"
        return start.ljust(sorted(lengths)[len(lengths) // 2], "x")


class Upsell:
    """A running service."""

    def __init__(self, tools, data, log, cores=None, settings=()):
        self.port, self.ops_port = free_port(), free_port()
        self.address = f"127.0.0.1:{self.port}"
        command = [tools.upsell, "serve", "--data", data, "--listen", self.address]
        command += ["--ops-listen", f"127.0.0.1:{self.ops_port}"]
        # One client at one address stands for thousands: the limits are asked, and never reached.
        unreached = [
            (f"rate_limits.{of}_{what}", 1_000_000)
            for of in ("address", "client", "tenant")
            for what in ("per_s", "burst")
        ]
        for name, value in [*unreached, *settings]:
            command += ["--set", f"{name}={value}"]
        started = time.monotonic()
        self.proc = Proc("upsell", command, cores, env=environment(), log=log)
        self.proc.wait_ready(self._is_ready)
        self.start_s = time.monotonic() - started

    def _is_ready(self):
        try:
            return self._ops("/readyz") is not None
        except OSError:
            return False

    def _ops(self, path):
        url = f"http://127.0.0.1:{self.ops_port}{path}"
        with urllib.request.urlopen(url, timeout=20) as answer:
            return answer.read().decode()

    def metric(self, name, **labels):
        """The value of a metric; 0 where it has none."""
        wanted = {f'{key}="{value}"' for key, value in labels.items()}
        for line in self._ops("/metrics").splitlines():
            found = re.fullmatch(r"(\w+)(?:\{(.*)\})? (\S+)", line)
            if found and found[1] == name and wanted <= set((found[2] or "").split(",")):
                return float(found[3])
        return 0.0

    def settle(self):
        """Waits until it does nothing: after a start the store may have tables to merge."""
        end, used = time.monotonic() + SETTLE_S, self.proc.cpu_s()
        while time.monotonic() < end:
            time.sleep(0.5)
            before, used = used, self.proc.cpu_s()
            if used - before < 0.02:
                return self
        raise Failed(f"upsell is still busy {SETTLE_S} s after its start")

    def token(self, fleet):
        """An access token of the first client."""
        client = fleet.facts["client"]
        form = {
            "grant_type": "client_credentials",
            "client_id": client["client_id"],
            "client_secret": client["client_secret"],
        }
        url = f"http://{self.address}/api/2/idp/token"
        body = urllib.parse.urlencode(form).encode()
        with urllib.request.urlopen(url, body, timeout=20) as answer:
            return json.load(answer)["access_token"]

    def reports(self, fleet, batch, connections):
        """How the load reports usage of a fleet's accounts; singles for batches of 0."""
        options = {"batch": batch, "connections": connections, "bearer": self.token(fleet)}
        return {**options, "tenants": fleet.tenants, "users": fleet.users}

    def get(self, path, token, accept="application/json"):
        """The body of an answer."""
        headers = {"Authorization": f"Bearer {token}", "Accept": accept}
        request = urllib.request.Request(f"http://{self.address}{path}", headers=headers)
        try:
            with urllib.request.urlopen(request, timeout=20) as answer:
                return answer.read()
        except urllib.error.HTTPError as error:
            raise Failed(f"{path}: {error} {error.read()[:400]}") from error

    def stop(self):
        """SIGTERM, and a clean end."""
        code = self.proc.stop()
        if code != 0:
            raise Failed(f"upsell ended with {code}: {self.proc.last_words()}")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.proc.stop()


def copy_data(source, target):
    """A copy of a data directory, quickly where the file system can."""
    subprocess.run(["cp", "-a", "--reflink=auto", str(source), str(target)], check=True)
