#!/usr/bin/env python3
"""Asks ultravin, an independent decoder: reads `VIN[,year]` lines, writes `{"vin", "elements": {id: [values]}}` lines.

    pip install ultravin==3.0.2
    ask_ultravin.py YYYY-MM-DD < vins > answers
"""
import json
import sys
from datetime import datetime, timezone

import ultravin


def main():
    now = datetime.fromisoformat(sys.argv[1]).replace(tzinfo=timezone.utc)
    for line in map(str.rstrip, sys.stdin):
        vin, _, year = line.partition(",")
        decoded = ultravin.decode(vin, year=int(year) if year else None, full=True, now=now)
        elements = {}
        for element in decoded["elements"]:
            if element["value"]:
                elements.setdefault(str(element["element_id"]), []).append(element["value"])
        ordered = {key: sorted(elements[key]) for key in sorted(elements, key=int)}
        print(json.dumps({"vin": line, "elements": ordered}, ensure_ascii=False))


if __name__ == "__main__":
    main()
