"""How long, and in how much memory, a code CSV is read: 1,000 x 300 columns, then many respondents.

Run by hand: python tests/benchmarks/reading.py [RESPONDENTS ...]
Every figure stands beside a baseline run on the same machine: the csv module over the same file.
"""

import csv
import json
import random
import resource
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import survey_exports as exports

from nldtib import codebook
from nldtib.records import load
from nldtib.records.load import choices, expected

WIDE = [
    {
        "code": f"fin{n}",
        "type": "array_text",
        "nl": f"Omzet {n}",
        "items": [{"code": f"O{i}", "nl": f"Omzet {n} {i} (x € 1.000)"} for i in range(5)],
        "years": [2023, 2024, 2025],
    }
    for n in range(10)
]
WIDE += [{"code": f"rd{n}", "type": "number", "nl": f"Uitgaven {n}"} for n in range(50)]
WIDE += [
    {
        "code": f"act{n}",
        "type": "multiple",
        "nl": f"Wat {n}?",
        "items": [{"code": f"A{i}", "nl": f"Doet {n} {i}"} for i in range(20)],
    }
    for n in range(5)
]
NARROW = [*WIDE[:2], *WIDE[10:20], *WIDE[60:63]]


def write(path, book, respondents):
    """Write an export in pieces; every column repeats some thousand texts."""
    chance = random.Random(2026)
    columns = expected.columns(book)
    pool = {
        "typed": [f"{chance.randrange(1, 999)}.{chance.randrange(999):03}" for _ in range(5000)]
    }
    pool |= {"stored": [str(chance.randrange(10**6)) for _ in range(5000)], "tick": ["Y", "", ""]}
    heads = ["id", "submitdate", "lastpage", "startlanguage", *(c.heading for c in columns)]
    with path.open("wb") as stream:
        stream.write(exports.csv(heads, []))
        for number in range(respondents):
            row = {"id": str(number), "d": "2026-11-23 18:24:34", "p": "5", "l": "nl"}
            row |= {c.heading: chance.choice(pool[choices.kind(c)]) for c in columns}
            stream.write(exports.csv([], [row]).split(b"\r\n", 1)[1])


def main():
    """Print seconds, baseline, columns and the most memory so far."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        sizes = [(WIDE, 1000), *((NARROW, int(count)) for count in sys.argv[1:])]
        for questions, respondents in sizes:
            own, path = folder / "codebook.json", folder / "export"
            own.write_text(json.dumps({"title": "T", "groups": [{"questions": questions}]}))
            book = codebook.read(own)
            write(path, book, respondents)
            start = time.perf_counter()
            with path.open(encoding="utf-8-sig", newline="") as stream:
                width = len(list(csv.reader(stream))[0])
            baseline = time.perf_counter() - start
            start = time.perf_counter()
            load.answers(path, book, largest=10**10)
            seconds = time.perf_counter() - start
            most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
            print(
                f"{respondents:,} respondents x {width} columns: {seconds:.2f} s "
                f"({seconds / baseline:.1f} times csv), at most {most:.2f} GiB",
                flush=True,
            )


if __name__ == "__main__":
    main()
