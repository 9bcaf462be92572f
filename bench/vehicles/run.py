#!/usr/bin/env python3
"""Lists and reads of vehicles over HTTP with a million rows in the table, beside the same statements in pgbench.

    bench/vehicles/run.py          release programs that it builds, or those of the folder PROGRAMS

Wants PostgreSQL with pgbench, redis-server, wrk and openssl. ROWS (1000000), SECONDS_EACH (10), ROUNDS (3), CLIENTS (4). The tenants platform
is real, and so is the token check; row-level security is on, as the role that serves has it.
"""

import sys

sys.dont_write_bytecode = True

import os
import re
import statistics
import subprocess
from pathlib import Path

from house import PERSON, TENANTS, House, programs
from stack import ROOT

QUERIES = ROOT / "services/application/src/features/vehicles/data/queries"
ROWS, SECONDS, ROUNDS, CLIENTS = (int(os.environ.get(name, default)) for name, default in
                                  [("ROWS", 1_000_000), ("SECONDS_EACH", 10), ("ROUNDS", 3), ("CLIENTS", 4)])
OF_EACH = 50


class Fleet(House):
    def fill(self):
        print(f"{ROWS:,} vehicles are made …", file=sys.stderr, flush=True)
        own = "ARRAY[" + ",".join(f"'{it}'::uuid" for it in self.tenants) + "]"
        row = ("'bench|x', '[]', 'in_service', 'km', 'l', 'EUR', '{}', '{}', '{}', '{}', false, 'none', 'Car ' || n, 2000 + n % 25, 'Honda', 'Civic'")
        columns = ("user_id, energies, state, distance_unit, volume_unit, currency, purchase, sale, tags, custom_fields, archived, decoding, nickname, year, make, model")
        self.sql(f"INSERT INTO vehicles.vehicle (id, tenant_id, {columns}) SELECT gen_random_uuid(), md5((n / {OF_EACH})::text)::uuid, {row}"
                 f" FROM generate_series(1, {ROWS - TENANTS * OF_EACH}) AS n")
        self.sql(f"INSERT INTO vehicles.vehicle (id, tenant_id, {columns}) SELECT gen_random_uuid(), ({own})[1 + n % {TENANTS}], {row}"
                 f" FROM generate_series(0, {TENANTS * OF_EACH - 1}) AS n")
        self.sql("VACUUM ANALYZE vehicles.vehicle")
        self.ids = dict(line.split("|") for line in self.sql(
            f"SELECT id, tenant_id FROM vehicles.vehicle WHERE tenant_id = ANY ({own})").splitlines())

    def over_http(self, name: str, requests: list[tuple[str, str]]) -> float:
        """p95 in ms of requests in turn, each a path and its tenant."""
        script = self.folder / f"{name}.lua"
        rows = ",".join(f'{{"{path}","{tenant}"}}' for path, tenant in requests)
        script.write_text(f"""
local all, at = {{{rows}}}, 0
request = function()
  at = at % #all + 1
  return wrk.format("GET", all[at][1], {{["Authorization"] = "Bearer {self.issuer.token()}", ["X-Tenant-Id"] = all[at][2]}})
end
done = function(summary, latency) io.write(string.format("p95 %.3f errors %d\\n", latency:percentile(95) / 1000, summary.errors.status)) end
""")
        url = f"http://127.0.0.1:{self.app}"
        said = subprocess.run(["wrk", "-t1", f"-c{CLIENTS}", f"-d{SECONDS}s", "-s", script, url], capture_output=True, text=True, check=True).stdout
        return float(re.search(r"p95 ([\d.]+)", said)[1])

    def in_pgbench(self, name: str, user: str, statement: str) -> float:
        """p95 in ms of a statement in the transaction that the service puts round it."""
        tenants = "ARRAY[" + ",".join(f"'{it}'" for it in self.tenants) + "]"
        script, folder = self.folder / f"{name}.sql", self.folder / f"{name}.d"
        folder.mkdir(exist_ok=True)
        for old in folder.glob("log*"):
            old.unlink()
        context = (f"SELECT set_config('app.tenant_id', ({tenants})[:n], true), set_config('app.user_id', '{PERSON}', true),"
                   " set_config('app.role', 'owner', true);")
        script.write_text(f"\\set n random(1, {TENANTS})\n\\set v random(1, {len(self.ids)})\nBEGIN READ ONLY;\n{context}\n{statement};\nCOMMIT;\n")
        subprocess.run(["pgbench", "-n", "-M", "prepared", "-c", str(CLIENTS), "-j", "1", "-T", str(SECONDS), "-f", script, "-l", "-h", "127.0.0.1",
                        "-p", str(self.pg), "-U", user, "bench"], cwd=folder, check=True, capture_output=True)
        took = [int(line.split()[2]) for log in folder.glob("pgbench_log*") for line in log.read_text().splitlines()]
        for log in folder.glob("pgbench_log*"):
            log.unlink()
        return statistics.quantiles(took, n=20)[18] / 1000


def main():
    house = Fleet(programs("application", "tenants-platform"))
    try:
        house.furnish()
        house.fill()
        list_sql = (QUERIES / "list_vehicles.sql").read_text().strip()
        for number, value in enumerate(["NULL", "NULL", "NULL", "NULL", "NULL", "51"], 1):
            list_sql = list_sql.replace(f"${number}", value)
        ids = "ARRAY[" + ",".join(f"'{it}'::uuid" for it in house.ids) + "]"
        read_sql = (QUERIES / "find_vehicle.sql").read_text().strip().replace("$1", f"({ids})[:v]")
        # Without row-level security the statement must name the tenant itself.
        named = f"tenant_id = ((ARRAY[{','.join(repr(it) for it in house.tenants)}])[:n])::uuid AND deleted_at IS NULL"
        bare_sql = list_sql.replace("deleted_at IS NULL", named, 1)
        measured = {
            "health, nobody asked": lambda: house.over_http("health", [("/health/live", house.tenants[0])]),
            "token and membership checked, then refused": lambda: house.over_http("refused", [("/api/vehicles?limit=0", it) for it in house.tenants]),
            "list over HTTP": lambda: house.over_http("list", [("/api/vehicles", it) for it in house.tenants]),
            "list in pgbench": lambda: house.in_pgbench("list", "app_api", list_sql),
            "list in pgbench, no row-level security": lambda: house.in_pgbench("bare", "bench", bare_sql),
            "read over HTTP": lambda: house.over_http("read", [(f"/api/vehicles/{id}", tenant) for id, tenant in house.ids.items()]),
            "read in pgbench": lambda: house.in_pgbench("read", "app_api", read_sql),
        }
        figures = {name: [] for name in measured}
        for _ in range(ROUNDS):
            for name, measure in measured.items():
                figures[name].append(measure())
        for name, values in figures.items():
            print(f"{name}: p95 {statistics.median(values):.2f} ms  ({', '.join(f'{it:.2f}' for it in values)})")
    finally:
        house.end()


if __name__ == "__main__":
    main()
