#!/usr/bin/env python3
"""Freezes and kills what the application stands on while people list and add vehicles, and says what they noticed.

    bench/vehicles/faults.py [scenario …]      all of them without an argument

Programs, stores and RATE (100 requests a second), FAULT_S (15), HEAL_S (40) are as in bench/faults/run.py. A tenth of the requests adds a vehicle, each under a key of its
own, and at the end the acknowledged ones are counted in the table: none lost, none doubled.
"""

import sys

sys.dont_write_bytecode = True

import asyncio
import json
import os
import threading
import time
import urllib.request
from collections import Counter

from house import House, programs
from load import Load, quantile
from stack import ROOT

RATE, FAULT_S, HEAL_S = (int(os.environ.get(name, default)) for name, default in [("RATE", 100), ("FAULT_S", 15), ("HEAL_S", 40)])
BEFORE_S, ADDS = 5, 10
VIN = "1HGFE2F50NL5"


class Town(House):
    def settle(self):
        postgres, redis = self.postgres("vehicles"), self.redis("vehicles")
        dump = ROOT / "services/vehicles-platform/data/vPICList_lite_2026_10.sql.zst"
        loading = [["migrate"], ["etl", "load", os.environ.get("DUMP", dump)]]
        print("loading the vehicle data …", file=sys.stderr, flush=True)
        self.furnish(self.service("vehicles", "vehicles-platform", postgres, redis, {"ETL__READER_ROLE": "bench"}, loading))
        settings = dict(self.all["app"].environment)
        settings |= {"MVP_APPLICATION__WORKER__HOST": "127.0.0.1", "MVP_APPLICATION__WORKER__PORT": "0"}
        self.add("worker", [self.programs / "application", "worker"], lambda: True, environment=settings)

    def load(self, name: str, seconds: int) -> Load:
        """Lists and additions. A VIN for every other addition, so that the vehicles platform is asked too."""
        load = Load([("127.0.0.1", self.app)], ["/"], {}, RATE)
        token, tenant = self.issuer.token(), self.tenants[0]
        head = f"Host: localhost\r\nAuthorization: Bearer {token}\r\nX-Tenant-Id: {tenant}\r\n"
        load.requests = []
        for number in range(RATE * seconds):
            if number % ADDS:
                load.requests.append(f"GET /api/vehicles?limit=20 HTTP/1.1\r\n{head}\r\n".encode())
                continue
            vehicle = {"nickname": f"{name} {number}"}
            if number % (2 * ADDS) == 0:
                vehicle["vin"] = f"{VIN}{self.next_vin():05}"
            body = json.dumps(vehicle)
            load.requests.append(f"POST /api/vehicles HTTP/1.1\r\n{head}Content-Type: application/json\r\nIdempotency-Key: {name}-{number}\r\n"
                                 f"Content-Length: {len(body)}\r\n\r\n{body}".encode())
        return load

    vins = 0

    def next_vin(self) -> int:
        self.vins += 1
        return self.vins

    def clear(self):
        self.sql("TRUNCATE vehicles.vehicle, vehicles.reading, vehicles.instrument, vehicles.photo, activity.entry, idempotency.request, deferred.operation")

    def breakers(self) -> str:
        with urllib.request.urlopen(f"http://127.0.0.1:{self.app}/api/health", timeout=5) as answer:
            checks = json.load(answer)["checks"]
        return " ".join(f"{name}={it['breaker']}" for name, it in checks.items() if "breaker" in it)


def freeze(name):
    def fault(town):
        town.all[name].freeze()
        time.sleep(FAULT_S)
        town.all[name].thaw()
    return fault


def kill(name):
    def fault(town):
        town.all[name].kill()
        time.sleep(FAULT_S)
        town.all[name].start()
    return fault


SCENARIOS = {"no-fault": lambda town: time.sleep(FAULT_S)}
for part in ["vehicles", "tenants", "postgres-app", "redis-all", "worker"]:
    SCENARIOS |= {f"{part}-frozen": freeze(part), f"{part}-killed": kill(part)}


def measure(town: Town, name: str):
    town.clear()
    seconds = BEFORE_S + FAULT_S + HEAL_S
    load, healed = town.load(name, seconds), []

    def act():
        time.sleep(BEFORE_S)
        SCENARIOS[name](town)
        healed.append(time.monotonic() - load.begun)

    acting = threading.Thread(target=act)
    acting.start()
    asyncio.run(load.run(seconds))
    acting.join()
    tell(name, load, healed[0])
    taken = sum(it.outcome == "201" for it in load.samples)
    kept = int(town.sql("SELECT count(*) FROM vehicles.vehicle"))
    doubled = int(town.sql("SELECT count(*) FROM (SELECT nickname FROM vehicles.vehicle GROUP BY nickname HAVING count(*) > 1) AS twice"))
    deadline = time.monotonic() + 90
    while (pending := int(town.sql("SELECT count(*) FROM vehicles.vehicle WHERE decoding = 'pending'"))) and time.monotonic() < deadline:
        time.sleep(0.5)
    decoded = town.sql("SELECT count(*), count(DISTINCT subject) FROM activity.entry WHERE action = 'vehicle.decoded'").strip()
    print(f"    {taken} additions acknowledged, {kept} kept, {doubled} doubled; {pending} still to be decoded, decoded later and of how many: {decoded}; {town.breakers()}", flush=True)


def tell(name: str, load: Load, healed_s: float):
    good = [it for it in load.samples if it.outcome in ("200", "201")]
    bad = [it for it in load.samples if it.outcome not in ("200", "201")]
    ms = lambda seconds: f"{seconds * 1000:.0f}"
    reads = [it.took_s for it in good if it.outcome == "200"]
    writes = [it.took_s for it in good if it.outcome == "201"]
    line = f"{name}: {100 * len(good) / len(load.samples):.2f} % of {len(load.samples)} taken; lists p95 {ms(quantile(reads, .95))} p99 {ms(quantile(reads, .99))} ms, additions p95 {ms(quantile(writes, .95))} p99 {ms(quantile(writes, .99))} ms"
    if bad:
        kinds = ", ".join(f"{count} × {kind}" for kind, count in Counter(it.outcome for it in bad).most_common())
        last = max(it.due_s for it in bad)
        line += f"; {kinds}, the slowest after {ms(max(it.took_s for it in bad))} ms, the last due {last - healed_s:+.1f} s from healing"
    print(line, flush=True)


def main():
    chosen = sys.argv[1:] or list(SCENARIOS)
    if unknown := set(chosen) - set(SCENARIOS):
        raise SystemExit(f"no scenario {', '.join(unknown)}; there are {', '.join(SCENARIOS)}")
    town = Town(programs("application", "tenants-platform", "vehicles-platform"))
    try:
        town.settle()
        for name in chosen:
            measure(town, name)
    finally:
        town.end()


if __name__ == "__main__":
    main()
