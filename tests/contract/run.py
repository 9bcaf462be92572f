#!/usr/bin/env python3
"""Asks the running services whatever their API documents permit, and what they forbid, and compares the answers with the documents.

    run.py --programs <folder> [--examples N] [--seed N] [service …]

Without a seed it asks something else each time. With one it asks the same, so that what was green stays green: for a build that must not fail by chance.

Started by `make contract` and `make test`, in the virtual environment that venv.sh makes, by `mvp with-stores`.
"""

import sys

sys.dont_write_bytecode = True

import argparse
import json
import os
import subprocess
from pathlib import Path

from furniture import PLACES, Place
from house import House

HERE = Path(__file__).resolve().parent


def configuration(place: Place, folder: Path) -> Path:
    """The service's own file, with what is known only now. JSON strings and arrays are TOML too."""
    text = (HERE / f"{place.service.name}.toml").read_text()
    for name, values in place.known.items():
        text += f"\n[dictionaries.{name}]\nvalues = {json.dumps(values)}\n"
    for scheme, secret in place.open_with.items():
        text += f"\n[auth.openapi.{scheme}]\n" + "".join(f"{key} = {json.dumps(value)}\n" for key, value in secret.items())
    file = folder / f"{place.service.name}.toml"
    file.write_text(text)
    return file


def ask(place: Place, folder: Path, examples: int, seed: int | None) -> bool:
    url = place.service.url
    print(f"== {place.service.name}", flush=True)
    command = [Path(sys.executable).with_name("schemathesis"), "--config-file", configuration(place, folder), "run",
               f"{url}/openapi.json", "--url", url, "--max-examples", str(examples), "--no-color"]
    command += ["--seed", str(seed)] if seed is not None else []
    environment = os.environ | {"SCHEMATHESIS_HOOKS": "hooks", "PYTHONPATH": str(HERE), "PYTHONDONTWRITEBYTECODE": "1"}
    answered = subprocess.run(command, cwd=folder, env=environment).returncode == 0
    if not answered:
        print(f"-- the end of the log of {place.service.name}:\n{place.service.log.read_text()[-2000:]}", flush=True)
    return answered


def main():
    reading = argparse.ArgumentParser()
    reading.add_argument("--programs", type=Path, required=True)
    reading.add_argument("--examples", type=int, default=50)
    reading.add_argument("--seed", type=int)
    reading.add_argument("services", nargs="*", metavar="service")
    chosen = reading.parse_args()
    if unknown := set(chosen.services) - set(PLACES):
        raise SystemExit(f"no service {unknown}; there are {list(PLACES)}")
    house = House(chosen.programs.resolve())
    try:
        places = [PLACES[name](house) for name in chosen.services or PLACES]
        kept = [ask(place, house.folder, chosen.examples, chosen.seed) for place in places]
    finally:
        house.end()
    sys.exit(0 if all(kept) else 1)


if __name__ == "__main__":
    main()
