"""SQLite in WAL mode with a full sync at every commit: a program of its own, so that its time is
nobody else's. Overwrites random records, a batch in a transaction."""

import json
import os
import random
import sqlite3
import sys
import time


def main(path, keys, batch, record_bytes, seconds):
    database = sqlite3.connect(path, isolation_level=None)
    database.execute("PRAGMA journal_mode = WAL")
    database.execute("PRAGMA synchronous = FULL")
    database.execute("PRAGMA cache_size = -262144")
    database.execute("CREATE TABLE records (id INTEGER PRIMARY KEY, body BLOB NOT NULL)")
    noise = os.urandom(1 << 20)

    def body():
        start = random.randrange(len(noise) - record_bytes)
        return noise[start : start + record_bytes]

    database.execute("BEGIN")
    database.executemany("INSERT INTO records VALUES (?, ?)", ((key, body()) for key in range(keys)))
    database.execute("COMMIT")
    print("started", flush=True)
    write = "INSERT INTO records VALUES (?, ?) ON CONFLICT (id) DO UPDATE SET body = excluded.body"
    written, latencies, begin = 0, [], time.monotonic()
    while time.monotonic() < begin + seconds:
        # Made ready before the clock of this commit: the records are not SQLite's work.
        records = [(random.randrange(keys), body()) for _ in range(batch)]
        start = time.monotonic()
        database.execute("BEGIN IMMEDIATE")
        database.executemany(write, records)
        database.execute("COMMIT")
        latencies.append(time.monotonic() - start)
        written += batch
    # Only the time in SQLite counts.
    spent = sum(latencies)
    latencies.sort()

    def at(share):
        return latencies[min(len(latencies) - 1, int(len(latencies) * share))] * 1e6

    figures = {"units_per_s": written / spent, "units": written, "p50_us": at(0.5), "p99_us": at(0.99)}
    print(json.dumps(figures), flush=True)


if __name__ == "__main__":
    main(sys.argv[1], *map(int, sys.argv[2:5]), float(sys.argv[5]))
