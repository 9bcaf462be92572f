#!/usr/bin/env python3
"""Freezes and kills one part after another under an open-loop load, and says what the callers noticed.

    bench/faults/run.py [scenario …]      all of them without an argument; their names begin the printed lines

Wants PostgreSQL, redis-server and psql (Debian packages), and the programs of this tree, which it builds unless PROGRAMS names
their folder. RATE (200) requests a second, FAULT_S (15) seconds of each fault, HEAL_S (40) seconds after it.
"""

import sys

sys.dont_write_bytecode = True

import asyncio
import os
import subprocess
import threading
import time
from collections import Counter
from pathlib import Path

from load import Load, quantile
from stack import KEY, ROOT, Stack, call

RATE, FAULT_S, HEAL_S = (int(os.environ.get(name, default)) for name, default in [("RATE", 200), ("FAULT_S", 15), ("HEAL_S", 40)])
BEFORE_S, LONG_S = 5, 100


def programs() -> Path:
    if "PROGRAMS" in os.environ:
        return Path(os.environ["PROGRAMS"])
    packages = [part for name in ["gateway", "vehicles-platform", "tenants-platform"] for part in ["-p", name]]
    subprocess.run(["cargo", "build", "--release", "--locked", "-q", *packages], cwd=ROOT, check=True)
    return Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target")) / "release"


class House(Stack):
    def furnish(self):
        dump = ROOT / "services/vehicles-platform/data/vPICList_lite_2026_10.sql.zst"
        loading = [["migrate"], ["etl", "load", os.environ.get("DUMP", dump)]]
        postgres, redis = self.postgres("vehicles"), self.redis("vehicles")
        of_etl = {"ETL__READER_ROLE": "bench"}
        print("loading the vehicle data …", file=sys.stderr, flush=True)
        self.vehicles = [self.service("vehicles-1", "vehicles-platform", postgres, redis, of_etl, loading)]
        self.vehicles.append(self.service("vehicles-2", "vehicles-platform", postgres, redis, of_etl))
        postgres, redis = self.postgres("tenants"), self.redis("tenants")
        master = {"MASTER_KEY_FILE": self.secrets / "master"}
        self.tenants = [self.service("tenants-1", "tenants-platform", postgres, redis, master, [["migrate"]])]
        self.tenants.append(self.service("tenants-2", "tenants-platform", postgres, redis, master))
        self.gateways = [self.gateway(f"gateway-{number}", self.vehicles, self.tenants, redis) for number in (1, 2)]
        self.customer()

    def customer(self):
        url = f"http://127.0.0.1:{self.tenants[0]}/tenants"
        plan = {"title": "Bench", "quotas": {"requests_per_day": 10**9}, "requests_per_minute": 10**6}
        call("PUT", f"{url}/plans/bench", plan)
        self.ids = [call("POST", url, {"name": f"T {number}", "plan": "bench"})["id"] for number in range(50)]
        made = call("POST", f"{url}/{self.ids[0]}/api-keys", {"name": "bench", "scopes": ["vehicles:read"]})
        self.tenant_key = made["key"]
        gateway = f"http://127.0.0.1:{self.gateways[0][0]}"
        makes = call("GET", f"{gateway}/platform/vehicles/makes?year=2022", key=self.tenant_key)["data"]
        lists = [f"/platform/vehicles/makes?year={year}" for year in range(1990, 2025)]
        self.drop_downs = lists + [f"/platform/vehicles/models?year=2022&make_id={make['id']}" for make in makes]

    def key_load(self, gateways=1) -> Load:
        """A tenant's program asks for drop-downs."""
        targets = [("127.0.0.1", port) for port, _ in self.gateways[:gateways]]
        return Load(targets, self.drop_downs, {"X-API-Key": self.tenant_key}, RATE)

    def validation_load(self) -> Load:
        """A service asks whether tenants are to be served, straight at the platform."""
        paths = [f"/tenants/{id}/validate" for id in self.ids]
        return Load([("127.0.0.1", self.tenants[0])], paths, {"X-API-Key": KEY}, RATE)

    def door_load(self) -> Load:
        """The same through the gateway, which has two of them."""
        paths = [f"/platform/tenants/{id}/validate" for id in self.ids]
        return Load([("127.0.0.1", self.gateways[0][0])], paths, {"X-API-Key": KEY}, RATE)

    def breakers(self) -> str:
        upstreams = call("GET", f"http://127.0.0.1:{self.gateways[0][1]}/upstreams")
        found = {str(it.get("name")): it.get("breaker") for it in upstreams.get("upstreams", [])}
        return " ".join(f"{name}={state}" for name, state in found.items())


def freeze(*names, seconds=FAULT_S):
    def fault(house):
        for name in names:
            house.all[name].freeze()
        time.sleep(seconds)
        for name in names:
            house.all[name].thaw()
    return fault


def kill(*names):
    def fault(house):
        for name in names:
            house.all[name].kill()
        time.sleep(FAULT_S)
        for name in names:
            house.all[name].start()
    return fault


def roll(*names):
    def fault(house):
        for name in names:
            house.all[name].drain()
            house.all[name].start()
            time.sleep(2)
    return fault


KEYS, TWO_DOORS = House.key_load, lambda house: house.key_load(gateways=2)
VALIDATION, DOOR = House.validation_load, House.door_load
SCENARIOS = {
    "keys-no-fault": (KEYS, lambda house: time.sleep(FAULT_S)),
    "keys-tenants-frozen": (KEYS, freeze("tenants-1", "tenants-2")),
    # Longer than an answer about a key is good for without the platform's word.
    "keys-tenants-frozen-long": (KEYS, freeze("tenants-1", "tenants-2", seconds=LONG_S), LONG_S),
    "keys-tenants-killed": (KEYS, kill("tenants-1", "tenants-2")),
    "keys-tenants-postgres-frozen": (KEYS, freeze("postgres-tenants")),
    "keys-tenants-postgres-killed": (KEYS, kill("postgres-tenants")),
    "keys-redis-frozen": (KEYS, freeze("redis-tenants")),
    "keys-redis-killed": (KEYS, kill("redis-tenants")),
    "keys-one-instance-frozen": (KEYS, freeze("vehicles-2")),
    "keys-one-instance-killed": (KEYS, kill("vehicles-2")),
    "keys-both-instances-killed": (KEYS, kill("vehicles-1", "vehicles-2")),
    "keys-instances-rolled": (KEYS, roll("vehicles-1", "vehicles-2")),
    "keys-gateways-rolled": (TWO_DOORS, roll("gateway-1", "gateway-2")),
    "validate-no-fault": (VALIDATION, lambda house: time.sleep(FAULT_S)),
    "validate-redis-frozen": (VALIDATION, freeze("redis-tenants")),
    "validate-redis-killed": (VALIDATION, kill("redis-tenants")),
    "validate-postgres-frozen": (VALIDATION, freeze("postgres-tenants")),
    "validate-postgres-killed": (VALIDATION, kill("postgres-tenants")),
    "validate-platform-frozen": (VALIDATION, freeze("tenants-1")),
    "validate-tenants-rolled": (DOOR, roll("tenants-1", "tenants-2")),
    "validate-tenants-one-killed": (DOOR, kill("tenants-2")),
}


def measure(house: House, name: str):
    make, fault, *more = SCENARIOS[name]
    fault_s = more[0] if more else FAULT_S
    load, healed = make(house), []

    def act():
        time.sleep(BEFORE_S)
        fault(house)
        healed.append(time.monotonic() - load.begun)

    acting = threading.Thread(target=act)
    acting.start()
    asyncio.run(load.run(BEFORE_S + fault_s + HEAL_S))
    acting.join()
    tell(name, load, healed[0])
    print(f"    {house.breakers()}", flush=True)


def tell(name: str, load: Load, healed_s: float):
    took = [it.took_s for it in load.samples]
    bad = [it for it in load.samples if it.outcome != "200"]
    good = [it.took_s for it in load.samples if it.outcome == "200"]
    share = 100 * len(good) / len(load.samples)
    last = max((it.due_s for it in bad), default=0)
    ms = lambda seconds: f"{seconds * 1000:.0f}"
    line = f"{name}: {len(took)} sent, {share:.3f} % answered 200, p50 {ms(quantile(good, .5))} p99 {ms(quantile(good, .99))} max {ms(max(took))} ms"
    if bad:
        kinds = ", ".join(f"{count} × {kind}" for kind, count in Counter(it.outcome for it in bad).most_common())
        slowest = max(it.took_s for it in bad)
        line += f"; {kinds}, the slowest after {ms(slowest)} ms, the last due {last - healed_s:+.1f} s from healing"
    if load.resent:
        line += f"; {load.resent} resent on a fresh connection"
    print(line, flush=True)


def main():
    chosen = sys.argv[1:] or list(SCENARIOS)
    if unknown := set(chosen) - set(SCENARIOS):
        raise SystemExit(f"no scenario {', '.join(unknown)}; there are {', '.join(SCENARIOS)}")
    house = House(programs())
    try:
        house.furnish()
        for name in chosen:
            measure(house, name)
    finally:
        house.end()


if __name__ == "__main__":
    main()
