#!/usr/bin/env python3
"""Cuts a vPIC dump down to the makers and years that `facts.json` knows, for tests.

    make-mini-release.py FULL.sql.zst MINI.sql.zst

The result is valid by every check of the ETL. It also has what NHTSA's own file has and the committed full dump has
not: a generated column, a function and a view, rows of the skipped cache, `\\restrict` lines.
"""
import json
import pathlib
import re
import subprocess
import sys

FACTS = pathlib.Path(__file__).parents[2] / "src/features/etl/validate/facts.json"
# Beyond those of the known VINs: who makes the other known models, a trailer maker, and another six-character WMI.
MORE = {"5FP": 2022, "7FA": 2022, "1FM": 2022, "3TM": 2023, "5TF": 2023, "5YF": 2023, "7SA": 2020, "1JJ": 2022, "1A9442": 2000,
        "2T3": 2023, "5FN": 2022}


def wanted_years():
    wanted = {}
    for fact in json.loads(FACTS.read_text())["vins"]:
        vin = fact["vin"]
        wmi = vin[:3] + (vin[11:14] if vin[2] == "9" else "")
        wanted.setdefault(wmi, set()).add(fact["year"])
    for wmi, year in MORE.items():
        wanted.setdefault(wmi, set()).add(year)
    return wanted


def read(path):
    """The statements between the rows, and the rows by table in the order of the dump."""
    text = subprocess.run(["zstd", "-dc", path], check=True, capture_output=True).stdout.decode()
    parts = re.split(r"^(COPY vpic\.\w+ \([^)]*\) FROM stdin;)\n", text, flags=re.M)
    tables, between = {}, [parts[0]]
    for header, body in zip(parts[1::2], parts[2::2]):
        name = re.match(r"COPY vpic\.(\w+)", header)[1]
        if body.startswith("\\.\n"):
            rows, rest = "", body[3:]
        else:
            rows, rest = body.split("\n\\.\n", 1)
        columns = [c.strip(' "') for c in header[header.index("(") + 1:header.index(")")].split(",")]
        tables[name] = (header, columns, [line.split("\t") for line in rows.split("\n") if line])
        between.append(rest)
    return tables, between


def main(source, target):
    tables, between = read(source)
    wanted = wanted_years()

    def keep(table, test):
        header, columns, rows = tables[table]
        tables[table] = (header, columns, [r for r in rows if test(dict(zip(columns, r)))])

    def ids(table, column):
        _, columns, rows = tables[table]
        at = columns.index(column)
        return {row[at] for row in rows}

    keep("wmi", lambda r: r["wmi"] in wanted)
    years = {r[0]: wanted[r[1]] for r in tables["wmi"][2]}
    keep("wmi_vinschema", lambda r: any(int(r["yearfrom"]) <= y <= (int(r["yearto"]) if r["yearto"] != "\\N" else 9999)
                                        for y in years.get(r["wmiid"], ())))
    schemas = ids("wmi_vinschema", "vinschemaid")
    keep("vinschema", lambda r: r["id"] in schemas)
    keep("pattern", lambda r: r["vinschemaid"] in schemas)
    keep("wmi_make", lambda r: r["wmiid"] in years)
    models = {r[4] for r in tables["pattern"][2] if r[3] == "28"}
    keep("model", lambda r: r["id"] in models)
    keep("make_model", lambda r: r["modelid"] in models)
    makes = ids("make_model", "makeid") | ids("wmi_make", "makeid")
    keep("make", lambda r: r["id"] in makes)
    keep("manufacturer_make", lambda r: r["makeid"] in makes)
    manufacturers = ids("wmi", "manufacturerid") | ids("manufacturer_make", "manufacturerid")
    keep("manufacturer", lambda r: r["id"] in manufacturers)
    keep("vehiclespecschema_model", lambda r: r["modelid"] in models)
    spec_schemas = ids("vehiclespecschema_model", "vehiclespecschemaid")
    every_year = {y for ys in wanted.values() for y in ys}
    keep("vehiclespecschema_year", lambda r: r["vehiclespecschemaid"] in spec_schemas and int(r["year"]) in every_year)
    spec_schemas = ids("vehiclespecschema_year", "vehiclespecschemaid")
    for table, column in [("vehiclespecschema", "id"), ("vehiclespecschema_model", "vehiclespecschemaid"),
                          ("vspecschemapattern", "schemaid")]:
        keep(table, lambda r: r[column] in spec_schemas)
    groups = ids("vspecschemapattern", "id")
    keep("vehiclespecpattern", lambda r: r["vspecschemapatternid"] in groups)
    keep("vinexception", lambda r: int(r["id"]) % 1000 == 0)
    for table in ("defs_body", "defs_make", "defs_model"):
        keep(table, lambda r: False)

    tables["wmiyearvalidchars"] = (*tables["wmiyearvalidchars"][:2], [["1", "1HG", "2022", "4", "F"]])
    head = between[0]
    head = add_generated_column(head)
    head = head.replace("SET statement_timeout = 0;", "\\restrict aBcDeF123\n\nSET statement_timeout = 0;", 1)
    head = head.replace("CREATE SCHEMA vpic;", "CREATE SCHEMA vpic;\n\n" + FUNCTION, 1)
    # Sequences only make the file longer.
    head = re.sub(r"^(CREATE SEQUENCE|ALTER SEQUENCE|ALTER TABLE ONLY|SELECT pg_catalog\.setval).*?;\n\n?", "", head,
                  flags=re.M | re.S)
    # Times of day make a third of the compressed length and are asked for nowhere in the tests.
    time = re.compile(r"(\d{4}-\d\d-\d\d) \d\d:\d\d:\d\d(\.\d+)?")
    out = [head]
    for (header, columns, rows), rest in zip(tables.values(), between[1:]):
        out.append(header + "\n" + time.sub(r"\1 00:00:00", "".join("\t".join(row) + "\n" for row in rows)) + "\\.\n" + rest)
    text = "".join(out)
    text = text.replace("-- PostgreSQL database dump complete\n--\n", "-- PostgreSQL database dump complete\n--\n\n\\unrestrict aBcDeF123\n")
    subprocess.run(["zstd", "-19", "-q", "-f", "-o", target], input=text.encode(), check=True)


def add_generated_column(head):
    at = head.index("CREATE TABLE vpic.pattern (")
    end = head.index("\n);", at)
    column = ",\n    keys_regex character varying(100) GENERATED ALWAYS AS (replace((keys)::text, '*,(;'::text, '.'::text)) STORED"
    return head[:end] + column + head[end:]


FUNCTION = """CREATE FUNCTION vpic.spvindecode(v character varying) RETURNS TABLE(groupname character varying)
    LANGUAGE plpgsql
    AS $_$
BEGIN
CREATE TABLE vpic.inside_a_function (id xml);
COPY vpic.inside_a_function (id) FROM stdin;
  RETURN QUERY SELECT 'it''s; $$ fine';
END
$_$;

COMMENT ON FUNCTION vpic.spvindecode(v character varying) IS 'a comment; with
COPY vpic.inside_a_comment (id) FROM stdin;
in it';

CREATE VIEW vpic.pattern_view AS
 SELECT pattern.id,
    pattern.keys AS "COPY ; (keys)"
   FROM vpic.pattern;

"""

if __name__ == "__main__":
    main(*sys.argv[1:])
