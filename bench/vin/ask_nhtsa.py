#!/usr/bin/env python3
"""Asks NHTSA's own procedure: reads `VIN[,year]` lines, writes `{"vin", "elements": {id: [values]}}` lines.

Wants a PostgreSQL database with one of NHTSA's dumps in it, functions included (vpic.spvindecode). Some 20 VINs a second.
Needs psql.
"""
import json
import subprocess
import sys

QUERY = "SELECT coalesce(json_agg(json_build_array(itemelementid, value)), '[]') FROM vpic.spvindecode({vin}, false, {year})"


def main():
    psql = subprocess.Popen(
        ["psql", "-qXAt", sys.argv[1], "-c", "SET client_min_messages = warning", "-f", "-"],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, bufsize=1,
    )
    for line in map(str.rstrip, sys.stdin):
        vin, _, year = line.partition(",")
        quoted = "'" + vin.replace("'", "''") + "'"
        psql.stdin.write(QUERY.format(vin=quoted, year=int(year) if year else "NULL").replace("\n", " ") + ";\n")
        psql.stdin.flush()
        elements = {}
        for element, value in json.loads(psql.stdout.readline()):
            if value:
                elements.setdefault(str(element), []).append(value)
        ordered = {key: sorted(elements[key]) for key in sorted(elements, key=int)}
        print(json.dumps({"vin": line, "elements": ordered}, ensure_ascii=False), flush=True)


if __name__ == "__main__":
    main()
