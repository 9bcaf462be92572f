#!/usr/bin/env python3
"""Compares our answers with a judge's, element by element.

    vehicles-platform decode --file vins --ndjson --attributes --as-of YYYY-MM-DD --dump DUMP > ours
    compare.py vins ours judged
"""
import collections
import json
import sys

# The descriptor is not part of our answer: it is the VIN itself.
NOT_COMPARED = {"196"}


def elements_of(answer):
    elements = collections.defaultdict(list)

    def add(element, value):
        if value:
            elements[str(element)].append(value)

    for attribute in answer["attributes"]:
        add(attribute["id"], attribute["value"])
    add(142, answer.get("suggested_vin"))
    add(143, ",".join(str(error["code"]) for error in answer["errors"]))
    add(144, "".join(f"({it['position']}:{it['characters']})" for it in answer.get("possible_values", [])))
    add(156, answer.get("additional_error_text"))
    add(191, "; ".join(error["text"] for error in answer["errors"])[:500])
    return {key: sorted(values) for key, values in elements.items()}


def main():
    vins, ours, judged = sys.argv[1:]
    with open(vins) as lines, open(ours) as answers:
        known = {vin.rstrip("\n"): json.loads(answer) for vin, answer in zip((l for l in lines if l.strip()), answers)}
    compared = differing = asked = refused = 0
    by_element = collections.Counter()
    for line in open(judged):
        judge = json.loads(line)
        answer = known[judge["vin"]]
        if "error" in answer:
            refused += 1
            continue
        asked += 1
        found, wanted = elements_of(answer), judge["elements"]
        for element in (set(found) | set(wanted)) - NOT_COMPARED:
            compared += 1
            if found.get(element) != wanted.get(element):
                differing += 1
                by_element[element] += 1
                if by_element[element] <= 5:
                    print(f"{judge['vin']}: element {element}: {found.get(element)}, judged {wanted.get(element)}")
    print(f"{asked} VINs, {compared} elements, {differing} differ: {100 * (1 - differing / max(compared, 1)):.5f} % agree; {refused} refused by us as no VIN")
    for element, count in by_element.most_common():
        print(f"element {element}: {count}")


if __name__ == "__main__":
    main()
