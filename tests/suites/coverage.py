#!/usr/bin/env python3
"""
Does each row of the instruction table have ten cases, and those that its boundaries ask for?

    coverage.py A64TEST [--json]

Rows that can't have ten are listed with the reason in README.md; the boundaries of a row are
in boundaries.py. Prints what is missing, or with --json all that was counted: what
`a64test --coverage=json` has, and for each row the cases by class (classes.py).
"""

import collections
import json
import pathlib
import re
import subprocess
import sys

import boundaries
import classes

HERE = pathlib.Path(__file__).resolve().parent
FEWEST = 10


def few_by_nature():
    """Rows that README.md lists, with the reason."""
    section = (HERE / "README.md").read_text().partition("## Rows with fewer than ten cases")[2]
    section = section.partition("\n## ")[0]
    return {row: reason for rows, reason in re.findall(r"^\| (`.*?`) \| (.*) \|$", section, re.M)
            for row in re.findall(r"`(\w+)`", rows)}


def count_classes(a64test, table):
    """The cases of each row by class."""
    found = {name: collections.Counter() for name in table}
    with subprocess.Popen([a64test, "--export", "jsonl", HERE], stdout=subprocess.PIPE,
                          text=True) as export:
        for line in export.stdout:
            case = json.loads(line)
            if len(case["word"]) == 1 and case["row"][0] in table:
                name = case["row"][0]
                found[name].update(classes.of_case(case, table[name]))
    return found


def main():
    a64test = sys.argv[1]
    table = classes.rows()
    counted = subprocess.run([a64test, "--coverage=json", HERE], capture_output=True, text=True)
    report = json.loads(counted.stdout)
    found = count_classes(a64test, table)
    few, complaints = few_by_nature(), []
    if {r["name"] for r in report["rows"]} != set(table):
        complaints.append("the rows that were read from core/isa/*.def are not a64test's")
    for row in report["rows"]:
        name, cases = row["name"], row["cases"]
        row["classes"] = dict(sorted(found[name].items()))
        row["missing"] = sorted(boundaries.needed(table[name]) - set(found[name]))
        if cases < FEWEST and name not in few:
            complaints.append(f"{name}: {cases} cases, not {FEWEST}")
        if cases >= FEWEST and name in few:
            complaints.append(f"{name}: {cases} cases, and README.md says that there are few")
        if row["missing"]:
            complaints.append(f"{name}: no case of {' '.join(row['missing'])}")
    if "--json" in sys.argv:
        json.dump(report, sys.stdout, indent=1)
    else:
        for line in complaints:
            print(line)
        wanted = sum(len(boundaries.needed(row)) for row in table.values())
        print(f"{report['cases']} cases of {len(table)} rows, {wanted} boundaries; "
              f"{len(complaints)} complaints")
    sys.exit(1 if complaints or counted.returncode else 0)


if __name__ == "__main__":
    main()
