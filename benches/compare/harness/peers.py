"""The peers: nginx in its ways, Redis, Postfix's tools."""

import os
import re
import resource
import struct
import subprocess
import time
from dataclasses import astuple, dataclass
from pathlib import Path

from .procs import Failed, Proc, accepts, free_port
from .system import program

HERE = Path(__file__).resolve().parent.parent / "peers"

# As `peers/redirect.lua` reads it.
ACCOUNT = struct.Struct("<4s4x13d")
KEY_BYTES = 6

MODULES = """load_module /usr/lib/nginx/modules/ndk_http_module.so;
load_module /usr/lib/nginx/modules/ngx_http_lua_module.so;
"""

# Everything that costs nginx time and gains it nothing here is off: logs, limits, temp files.
CONFIG = """{modules}daemon off;
worker_processes {workers};
pid {prefix}/nginx.pid;
error_log {prefix}/error.log warn;
{user}
events {{ worker_connections 8192; }}
http {{
    access_log off;
    server_tokens off;
    keepalive_timeout 600s;
    keepalive_requests 1000000000;
    reset_timedout_connection on;
    tcp_nodelay on;
    client_body_temp_path {prefix}/body;
    proxy_temp_path {prefix}/proxy;
    fastcgi_temp_path {prefix}/fastcgi;
    uwsgi_temp_path {prefix}/uwsgi;
    scgi_temp_path {prefix}/scgi;
{http}
    server {{
        listen 127.0.0.1:{port} backlog=4096{reuseport};
{server}
    }}
}}
"""


def config(prefix, port, server, http="", workers=1, lua=False):
    """An nginx configuration."""
    return CONFIG.format(
        modules=MODULES if lua else "",
        workers=workers,
        prefix=prefix,
        user="user root;" if os.getuid() == 0 else "",
        port=port,
        # One worker needs no sharing; two share best so.
        reuseport=" reuseport" if workers > 1 else "",
        http=http,
        server=server,
    )


class Nginx:
    """nginx in the foreground, in a directory of its own."""

    def __init__(self, name, scratch, cores, server, http="", workers=1, lua=False):
        self.port = free_port()
        self.address = f"127.0.0.1:{self.port}"
        prefix = scratch / name
        prefix.mkdir()
        path = prefix / "nginx.conf"
        path.write_text(config(prefix, self.port, server, http, workers, lua))
        log = prefix / "stderr.log"
        command = [program("nginx"), "-p", prefix, "-c", path, "-e", prefix / "error.log"]
        self.proc = Proc(name, command, cores, log=log)
        self.proc.wait_ready(lambda: accepts(self.port))


def static_redirect(scratch, cores, location, workers=1):
    """`return 302`, the least that nginx can do."""
    server = f"""        location /r/ {{
            add_header Cache-Control no-store always;
            return 302 "{location}";
        }}"""
    return Nginx(f"nginx-static-{workers}", scratch, cores, server, workers=workers)


def lua_redirect(scratch, cores, fleet, socket=None):
    """The whole work in Lua: state in Redis at `socket`, or in a shared dict."""
    key = fleet.facts["link_key"]
    brands, accounts = pack(fleet, scratch)
    state = f"brands = '{brands}', key_id = {key['id']}, key = '{key['hex']}'"
    where = f"socket = 'unix:{socket}'" if socket else f"dict = true, accounts = '{accounts}'"
    http = f"""    lua_package_path "{HERE}/?.lua;/usr/share/lua/5.1/?.lua;;";
    lua_shared_dict state 1024m;
    init_by_lua_block {{
        redirect = require "redirect"
        redirect.setup({{ {state}, {where} }})
    }}"""
    server = """        location /r/ { content_by_lua_block { redirect.redirect() } }"""
    name = "nginx-lua-redis" if socket else "nginx-lua-dict"
    return Nginx(name, scratch, cores, server, http, lua=True)


def file_server(scratch, cores, name, body, media_type):
    """Serves one body from memory for every path."""
    root = Path("/dev/shm") if os.access("/dev/shm", os.W_OK) else scratch
    path = root / f"upsell-compare-{os.getpid()}-{name}"
    path.write_bytes(body)
    server = f"""        root {path.parent};
        default_type "{media_type}";
        add_header Cache-Control no-store;
        add_header X-Content-Type-Options nosniff;
        location / {{ rewrite ^ /{path.name} break; }}"""
    # One read and one write are cheaper here than sendfile with its two calls.
    http = """    open_file_cache max=16 inactive=1h;
    open_file_cache_valid 1h;
    sendfile off;
    etag off;
    if_modified_since off;"""
    server = Nginx(f"nginx-file-{name}", scratch, cores, server, http)
    server.file = path
    return server


def redis_server(scratch, cores, *options):
    """Redis without persistence."""
    command = [program("redis-server"), *options, "--save", "", "--appendonly", "no"]
    return Proc("redis", [*command, "--dir", scratch], cores, log=scratch / "redis.log")


class Redis:
    """Redis on a socket, filled with what the Lua peer asks for."""

    def __init__(self, scratch, cores, fleet):
        self.socket = scratch / "redis.sock"
        self.proc = redis_server(scratch, cores, "--port", "0", "--unixsocket", self.socket)
        self.proc.wait_ready(self.socket.exists)
        self._fill(pack(fleet, scratch)[1])

    def _fill(self, accounts):
        command = ["redis-cli", "-s", str(self.socket), "--pipe"]
        pipe = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        with open(accounts, "rb") as file:
            while key := file.read(KEY_BYTES):
                value = file.read(ACCOUNT.size)
                pipe.stdin.write(b"*3\r\n$3\r\nSET\r\n" + bulk(key) + bulk(value))
        said, _ = pipe.communicate()
        if pipe.returncode != 0 or b"errors: 0" not in said:
            raise Failed(f"Redis was not filled: {said.decode(errors='replace')[-500:]}")


@dataclass(frozen=True)
class RedisWork:
    """What a Redis has done: CPU time, revisions that scripts compared, values that they wrote."""

    cpu_s: float
    compared: int
    written: int

    def __sub__(self, before):
        pairs = zip(astuple(self), astuple(before))
        return RedisWork(*(now - then for now, then in pairs))


class RedisServer:
    """Redis on a port, as the service's store."""

    def __init__(self, scratch, cores):
        self.port = free_port()
        self.url = f"redis://127.0.0.1:{self.port}"
        self.command = [program("redis-cli"), "-p", str(self.port)]
        self.proc = redis_server(scratch, cores, "--port", self.port, "--bind", "127.0.0.1")
        self.proc.wait_ready(lambda: accepts(self.port))

    def cli(self, *words):
        """The answer to a command."""
        done = subprocess.run([*self.command, "-e", *words], capture_output=True, text=True, check=False)
        if done.returncode != 0:
            raise Failed(f"Redis: {words[0]}: {done.stdout[-300:]} {done.stderr[-300:]}")
        return done.stdout

    def info(self, section, name):
        """A value of INFO; empty where there is none."""
        found = re.search(rf"^{name}:(.*?)\r?$", self.cli("INFO", section), re.MULTILINE)
        return found[1] if found else ""

    def work(self):
        """What it has done so far."""
        said = self.cli("INFO", "commandstats")
        calls = {name: int(count) for name, count in re.findall(r"cmdstat_(\w+):calls=(\d+)", said)}
        return RedisWork(self.proc.cpu_s(), calls.get("getrange", 0), calls.get("set", 0))

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.proc.stop()


def pack(fleet, scratch):
    """Brands as text, accounts packed, from what the seed wrote; made once in a directory."""
    brands, accounts = scratch / "brands.tsv", scratch / "accounts.bin"
    if accounts.exists():
        return brands, accounts
    with open(fleet.peers) as lines, open(brands, "w") as names, open(accounts, "wb") as packed:
        for line in lines:
            if line.startswith("b:"):
                names.write(line[2:])
            else:
                packed.write(b"".join(record(line)))
    return brands, accounts


def record(line):
    """Key and packed account of a line of `peers.tsv`."""
    key, _, text = line.rstrip("\n").partition("\t")
    kind, _, name = key.partition(":")
    facts = text.split(";")
    quotas = [pair.split(",") for pair in facts[-5:]]
    usage, quota = [float(pair[0]) for pair in quotas], [float(pair[1]) for pair in quotas]
    # A user has its tenant first and its partner last; a tenant has neither.
    tenant = bytes.fromhex(facts.pop(0)) if kind == "u" else b""
    partner = float(facts[2]) if kind == "u" else 0.0
    value = ACCOUNT.pack(tenant, float(facts[0]), float(facts[1]), partner, *usage, *quota)
    return kind.encode() + b":" + bytes.fromhex(name), value


def bulk(text):
    """A RESP bulk string."""
    return b"$%d\r\n%s\r\n" % (len(text), text)


def raw_redirect(tools, scratch, cores, location, threads=1):
    """The constant server of the tools."""
    port = free_port()
    command = tools.command("raw", location=location, port=port, threads=threads)
    server = Proc(f"raw-{threads}", command, cores, log=scratch / f"raw-{threads}.log")
    server.wait_ready(lambda: accepts(port))
    return server, f"127.0.0.1:{port}"


class SmtpSink:
    """Postfix's server that takes every mail and forgets it."""

    def __init__(self, scratch, cores):
        self.port = free_port()
        user = ["-u", "root"] if os.getuid() == 0 else []
        command = [program("smtp-sink"), *user, f"127.0.0.1:{self.port}", "1000"]
        self.proc = Proc("smtp-sink", command, cores, log=scratch / "smtp-sink.log")
        self.proc.wait_ready(lambda: accepts(self.port))


def smtp_source(sink, cores, mails, sessions, mail_bytes, keep):
    """What Postfix's own load generator does, as the tools write it."""
    command = [program("smtp-source"), "-s", str(sessions), "-m", str(mails)]
    command += ["-l", str(mail_bytes), "-f", "upsell@service.example", "-t", "grace@people.example"]
    # With -d the connections are kept for all mails.
    command += ["-d"] if keep else []
    command.append(f"127.0.0.1:{sink.port}")
    shell = ["taskset", "-c", cores, *command] if cores else command
    start, used = time.monotonic(), resource.getrusage(resource.RUSAGE_CHILDREN)
    done = subprocess.run(shell, capture_output=True, text=True, check=False)
    seconds = time.monotonic() - start
    if done.returncode != 0 or re.search(r"fatal|error", done.stderr):
        raise Failed(f"smtp-source failed: {done.stderr[-500:]}")
    now = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu_s = now.ru_utime + now.ru_stime - used.ru_utime - used.ru_stime
    return {"units": mails, "units_per_s": mails / seconds, "cpu_s": cpu_s}
