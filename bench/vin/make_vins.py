#!/usr/bin/env python3
"""Makes VINs out of a release's own patterns, so that every manufacturer's code, schema and year is reached.

Without --valid about four in ten are spoiled: a wrong character, a wrong check digit, characters that no VIN has, cut short,
`*`, another model year behind a comma. The same seed and release give the same VINs. Needs psql.
"""
import argparse
import random
import subprocess

CHARACTERS = "ABCDEFGHJKLMNPRSTUVWXYZ0123456789"
YEAR_CODES = "ABCDEFGHJKLMNPRSTVWXY123456789"
WEIGHTS = [8, 7, 6, 5, 4, 3, 2, 10, 0, 9, 8, 7, 6, 5, 4, 3, 2]
VALUES = {
    **{str(digit): digit for digit in range(10)},
    **dict(zip("ABCDEFGH", range(1, 9))),
    **dict(zip("JKLMN", range(1, 6))),
    "P": 7,
    "R": 9,
    **dict(zip("STUVWXYZ", range(2, 10))),
}
LAST_YEAR = 2028


def year_code(year):
    return YEAR_CODES[(year - 1980) % 30]


def check_digit(vin):
    remainder = sum(VALUES.get(char, 0) * weight for char, weight in zip(vin, WEIGHTS)) % 11
    return "X" if remainder == 10 else str(remainder)


def members(inside):
    found, at = set(), 0
    while at < len(inside):
        if at + 2 < len(inside) and inside[at + 1] == "-":
            found |= {chr(code) for code in range(ord(inside[at]), ord(inside[at + 2]) + 1)}
            at += 3
        else:
            found.add(inside[at])
            at += 1
    return sorted(char for char in found if char in CHARACTERS) or ["A"]


def characters_of(key, rng):
    """One character a unit of the key; None where the key leaves it open."""
    out, at = [], 0
    while at < len(key):
        if key[at] == "[":
            end = key.find("]", at)
            if end < 0:
                break
            out.append(rng.choice(members(key[at + 1 : end])))
            at = end + 1
            continue
        out.append({"*": None, "_": None, "#": rng.choice("0123456789")}.get(key[at], key[at]))
        at += 1
    return out


def agree(first, second):
    return all(a is None or b is None or a == b for a, b in zip(first, second))


def merged(first, second):
    length = max(len(first), len(second))
    pad = lambda units: units + [None] * (length - len(units))
    return [a if a is not None else b for a, b in zip(pad(first), pad(second))]


class Release:
    def __init__(self, database, schema):
        self.database = database
        self.schema = schema
        self.wmis = {int(row[0]): row[1:] for row in self.rows("SELECT id, wmi, vehicletypeid, trucktypeid FROM {s}.wmi")}
        self.bands, self.of_wmi = {}, {}
        for wmi, schema_id, start, end in self.rows("SELECT wmiid, vinschemaid, yearfrom, yearto FROM {s}.wmi_vinschema"):
            band = (int(wmi), int(start), int(end) if end else None)
            self.bands.setdefault(int(schema_id), []).append(band)
            self.of_wmi.setdefault(band[0], []).append((int(schema_id), *band[1:]))
        self.keys = self.keys_by_schema("TRUE")
        self.model_keys = self.keys_by_schema("elementid = 28")

    def rows(self, sql):
        command = ["psql", "-qXAt", "-F", "\t", self.database, "-c", sql.replace("{s}", self.schema)]
        text = subprocess.run(command, check=True, capture_output=True, text=True).stdout
        return [line.split("\t") for line in text.splitlines()]

    def keys_by_schema(self, condition):
        keys = {}
        sql = f"SELECT DISTINCT vinschemaid, keys FROM {{s}}.pattern WHERE {condition} ORDER BY 1, 2"
        for schema_id, key in self.rows(sql):
            keys.setdefault(int(schema_id), []).append(key)
        return keys


def make(release, rng, schema, band):
    wmi, start, end = band
    last = min(end or LAST_YEAR, LAST_YEAR)
    year = min(max(rng.randint(start, last) if last >= start else start, 1980), 2039)
    keys = release.model_keys.get(schema)
    keys = keys if keys and rng.random() < 0.7 else release.keys[schema]
    units = characters_of(rng.choice(keys), rng)
    siblings = [it[0] for it in release.of_wmi[wmi] if it[1] <= year <= (it[2] or 2999) and it[0] in release.keys]
    for _ in range(8):
        more = characters_of(rng.choice(release.keys[rng.choice(siblings or [schema])]), rng)
        if agree(units, more):
            units = merged(units, more)
    units = (units + [None] * 14)[:14]
    code, kind, truck = release.wmis[wmi]
    vin = list(code[:3].ljust(3, "A")) + [unit or rng.choice(CHARACTERS) for unit in units[:5]]
    if (kind in ("2", "7") or (kind == "3" and truck == "1")) and units[3] is None:
        vin[6] = rng.choice("0123456789" if year < 2010 else CHARACTERS[:23])
    vin += ["0", year_code(year), units[7] or rng.choice(CHARACTERS)]
    vin += [unit if unit and unit in CHARACTERS else rng.choice("0123456789") for unit in units[8:14]]
    if len(code) == 6:
        vin[11:14] = code[3:6]
    vin = [char if char in CHARACTERS else "A" for char in vin]
    vin[8] = check_digit(vin)
    return vin, year


def spoiled(vin, year, rng):
    chance = rng.random()
    if chance < 0.25:
        vin[rng.choice([3, 4, 5, 6, 7, 10, 11, 12, 13])] = rng.choice(CHARACTERS)
    elif chance < 0.35:
        for at in rng.sample([3, 4, 5, 6, 7, 10], 2):
            vin[at] = rng.choice(CHARACTERS)
        vin[8] = check_digit(vin)
    elif chance < 0.45:
        vin[8] = rng.choice("0123456789X*A")
    elif chance < 0.53:
        vin[rng.randrange(17)] = rng.choice("IOQ*_#?.0Z")
    elif chance < 0.66:
        return "".join(vin)[: rng.randint(1, 16)]
    elif chance < 0.72:
        for at in rng.sample(range(3, 17), 3):
            vin[at] = "*"
    elif chance < 0.94:
        other = rng.choice([year, year - 30, year + 30, year + 1, year - 1, 1979, 1981, 2005, 2012, 2028, 2029])
        return f"{''.join(vin)},{other}"
    else:
        return f"{''.join(vin)[: rng.randint(8, 16)]},{rng.choice([year, year + 1, 2015])}"
    return "".join(vin)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--database", required=True, help="a PostgreSQL URL")
    parser.add_argument("--schema", default="vpic", help="where the release's tables are")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--each", type=int, default=2, help="VINs a schema")
    parser.add_argument("--valid", action="store_true", help="spoil none")
    asked = parser.parse_args()
    rng = random.Random(asked.seed)
    release = Release(asked.database, asked.schema)
    vins = {}
    for schema, bands in sorted(release.bands.items()):
        for _ in range(asked.each if schema in release.keys else 0):
            vin, year = make(release, rng, schema, rng.choice(bands))
            whole = asked.valid or rng.random() < 0.6
            vins["".join(vin) if whole else spoiled(vin, year, rng)] = None
    vins = list(vins)
    rng.shuffle(vins)
    print("\n".join(vins))


if __name__ == "__main__":
    main()
