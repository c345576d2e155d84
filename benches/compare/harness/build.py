"""Builds the service and the tools, and calls the tools."""

import json
import os
import subprocess

from .procs import Failed, Proc, say


class Tools:
    """The built programs."""

    def __init__(self, root, profile, scratch):
        self.root = root
        self.profile = profile
        self.scratch = scratch
        self.upsell = None
        self.compare = None

    def build(self):
        """Builds both with one profile."""
        say(f"building with --profile {self.profile}")
        self.upsell = self._cargo("--bin", "upsell")
        self.compare = self._cargo("--bench", "compare")

    def _cargo(self, kind, name):
        command = ["cargo", "build", "--locked", "--profile", self.profile, kind, name]
        if self.profile == "dev" and kind == "--bench":
            # What the tests have built already.
            command = ["cargo", "test", "--locked", "--no-run", kind, name]
        command.append("--message-format=json-render-diagnostics")
        done = subprocess.run(command, cwd=self.root, stdout=subprocess.PIPE, text=True, check=False)
        if done.returncode != 0:
            raise Failed(f"{' '.join(command)} failed")
        for line in done.stdout.splitlines():
            message = json.loads(line)
            target = message.get("target", {})
            if message.get("executable") and target.get("name") == name:
                return message["executable"]
        raise Failed(f"cargo made no {name}")

    def command(self, subcommand, **options):
        """The command line of a tool; `warm_up=1` is `--warm-up 1`."""
        words = [self.compare, subcommand]
        for name, value in options.items():
            if value is not None:
                text = str(value).lower() if isinstance(value, bool) else str(value)
                words += ["--" + name.replace("_", "-"), text]
        return words

    def call(self, subcommand, cores=None, watch=(), **options):
        """Runs a tool and returns its figures. The CPU time that `watch` uses (None: the tool
        itself) is counted from the tool's word that it measures to its end."""
        log = self.scratch / f"{subcommand}.log"
        log.write_bytes(b"")
        command = self.command(subcommand, **options)
        tool = Proc(subcommand, command, cores, stdout=subprocess.PIPE, log=log)
        watch = [tool] if watch is None else watch
        with tool:
            before, result = sum(proc.cpu_s() for proc in watch), None
            for line in tool.popen.stdout:
                if line.strip() == b"started":
                    before = sum(proc.cpu_s() for proc in watch)
                elif line.startswith(b"{"):
                    result = json.loads(line)
                    result["cpu_s"] = sum(proc.cpu_s() for proc in watch) - before
            tool.popen.wait()
        if result is None or tool.popen.returncode != 0:
            raise Failed(f"{subcommand} failed: {tool.last_words()}")
        return result


def environment():
    """Ours without the service's own settings."""
    return {name: value for name, value in os.environ.items() if not name.startswith("UPSELL_")}
