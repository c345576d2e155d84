"""The machine: what is installed, what it is."""

import os
import platform
import re
import shutil
import subprocess
from pathlib import Path

from .procs import Failed, say

LUA_MODULE = Path("/usr/lib/nginx/modules/ngx_http_lua_module.so")
POLICY = Path("/usr/sbin/policy-rc.d")

# What shows that a package is there, and the package.
NEEDED = {
    "nginx": (lambda: program("nginx"), ["nginx"]),
    "lua": (lambda: LUA_MODULE.exists(), ["libnginx-mod-http-lua", "lua-resty-core"]),
    "redis": (lambda: program("redis-server"), ["redis-server"]),
    "redis-tools": (
        lambda: program("redis-cli") and program("redis-benchmark"),
        ["redis-tools"],
    ),
    "wrk": (lambda: program("wrk"), ["wrk"]),
    "smtp": (lambda: program("smtp-sink") and program("smtp-source"), ["postfix"]),
    "taskset": (lambda: program("taskset"), ["util-linux"]),
    "cc": (lambda: program("cc"), ["gcc", "libc6-dev"]),
}


def program(name):
    """Where a program is, administrators' directories included; None where it is not."""
    path = os.environ.get("PATH", "") + ":/usr/sbin:/usr/local/sbin:/sbin"
    return shutil.which(name, path=path)


def install(things):
    """Installs from Debian what is missing of `things`, without starting any service."""
    missing = [pkg for thing in things if not NEEDED[thing][0]() for pkg in NEEDED[thing][1]]
    if not missing:
        return
    if not program("apt-get"):
        raise Failed(f"{' '.join(missing)}: not here, and this is no Debian: install them")
    as_root = [] if os.getuid() == 0 else ["sudo", "--"]
    if as_root and not program("sudo"):
        raise Failed(f"cannot install {' '.join(missing)}: run this as root, or install them")
    say(f"installing {' '.join(missing)}")
    # Debian's packages ask this program whether they may start what they bring: no.
    keep = POLICY.exists()
    quiet = {"stdout": subprocess.DEVNULL, "check": True}
    try:
        if not keep:
            write = f"printf '#!/bin/sh\\nexit 101\\n' > {POLICY} && chmod 755 {POLICY}"
            subprocess.run([*as_root, "sh", "-c", write], **quiet)
        subprocess.run([*as_root, "apt-get", "update", "-qq"], **quiet)
        env = ["env", "DEBIAN_FRONTEND=noninteractive"]
        flags = ["-y", "-qq", "--no-install-recommends"]
        subprocess.run([*as_root, *env, "apt-get", "install", *flags, *missing], **quiet)
    except subprocess.CalledProcessError as error:
        raise Failed(f"installing {' '.join(missing)} failed: {error}") from error
    finally:
        if not keep:
            subprocess.run([*as_root, "rm", "-f", str(POLICY)], check=False)
    still = [thing for thing in things if not NEEDED[thing][0]()]
    if still:
        raise Failed(f"installed {' '.join(missing)}, but these are not found: {' '.join(still)}")


def _first(command, pattern):
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=20)
    except (OSError, subprocess.TimeoutExpired):
        return "not installed"
    found = re.search(pattern, done.stdout + done.stderr)
    return found.group(1) if found else "unknown"


def versions():
    """Name and version of everything that is measured."""
    debian = lambda name: _first(["dpkg-query", "-W", "-f", "${Version}", name], r"(\S+)")
    return {
        "rustc": _first(["rustc", "--version"], r"rustc (\S+)"),
        "nginx": _first([program("nginx") or "nginx", "-v"], r"nginx/(\S+)"),
        "ngx_http_lua": debian("libnginx-mod-http-lua"),
        "redis": _first(["redis-server", "--version"], r"v=(\S+)"),
        "postfix (smtp-source, smtp-sink)": debian("postfix"),
        "wrk": debian("wrk"),
        "Python": platform.python_version(),
        "SQLite": __import__("sqlite3").sqlite_version,
    }


def machine():
    """What this machine is."""
    cpu = re.search(r"model name\s*:\s*(.*)", Path("/proc/cpuinfo").read_text())
    memory = re.search(r"MemTotal:\s*(\d+)", Path("/proc/meminfo").read_text())
    release = Path("/etc/os-release")
    system = re.search(r'PRETTY_NAME="(.*)"', release.read_text()) if release.exists() else None
    return {
        "CPU": cpu.group(1) if cpu else platform.machine(),
        "cores": str(os.cpu_count()),
        "memory": f"{int(memory.group(1)) / 2**20:.1f} GiB" if memory else "unknown",
        "kernel": platform.release(),
        "system": system.group(1) if system else platform.platform(),
    }


def commit(root):
    """The commit that is measured, with a mark where files are changed."""
    run = lambda *words: subprocess.run(
        ["git", "-C", str(root), *words], capture_output=True, text=True, check=False
    ).stdout.strip()
    changed = run("status", "--porcelain", "--untracked-files=no", "--", "src", "Cargo.lock")
    return (run("rev-parse", "--short=10", "HEAD") or "unknown") + ("+" if changed else "")
