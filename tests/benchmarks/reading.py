"""How long, and in how much memory, a code CSV is read and edited, from 1,000 respondents on.

Run by hand: python tests/benchmarks/reading.py [RESPONDENTS ...]
Processor seconds; every figure of reading stands beside a baseline of the same run: the csv module
over the same file.

Measured on two cores of a busy machine, Python 3.11: 1,000 x 300 columns, the questionnaire of 2026
and further amounts, read in 0.8 s, laid out in 0.2 s and edited in 0.6 s, 1.6 s for the whole; the
answers are random and break twenty times as many rules as real ones. Of 104 columns 10,000
respondents take 1.8 s, 50,000 take 7.2 s, 250,000 take 30 s: 0.18, 0.14 and 0.12 s per 1,000. At
most 0.3, 0.7 and 2.5 GiB.
"""

import csv
import dataclasses
import itertools
import json
import random
import resource
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import pandas as pd
import survey_exports as exports

from nldtib import codebook, rounds
from nldtib.records import clean, edit, load, synthetic
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


def widened(book, columns=300):
    """Return a questionnaire with so many columns: amounts that nothing is made of come behind."""
    missing = columns - len(expected.columns(book))
    label = codebook.Label("Bedrag (x € 1.000)", "Amount (x € 1,000)")
    more = {
        f"meer{n}": dataclasses.replace(book.questions["dualuse"], code=f"meer{n}", label=label)
        for n in range(missing)
    }
    return dataclasses.replace(book, questions=book.questions | more)


def write_round(folder):
    """Write the invented round with 1,000 responses that answer every question at random."""
    synthetic.write(folder, 2026)
    this_round = rounds.read(folder / "2026")
    chance = random.Random(2026)
    numbers = [kvk for kvk in load.frame(this_round.folder / "raw" / "frame.csv")["kvk"] if kvk]
    book = widened(this_round.codebook)
    every = expected.columns(book)
    amounts = [f"{chance.randrange(1, 999)}.{chance.randrange(999):03}" for _ in range(5000)]
    pool = {"typed": amounts, "stored": amounts, "tick": ["Y", ""], "yes_no": ["Y", "N"]}
    pool |= {"date": [None], "text": ["Aa", "", "Bb B.V."]}
    responses = []
    for number, kvk in zip(range(1000), numbers, strict=False):
        row = {"id": str(number), "submitdate": "2026-11-23 18:24:34", "lastpage": "5"}
        row["startlanguage"] = "nl"
        for column in every:
            kind = choices.kind(column)
            codes = pool.get(kind) or [item.code for item in choices.items(column)] or [kvk]
            row[column.heading] = kvk if kind == "register" else chance.choice(codes)
        responses.append(row)
    path = this_round.folder / "raw" / "responses.csv"
    path.write_bytes(exports.csv(list(responses[0]), responses))
    (this_round.folder / "decisions.csv").unlink(missing_ok=True)
    return this_round, book


def edit_seconds(folder):
    """Return columns, and processor seconds to read, to lay out and to edit 1,000 responses."""
    this_round, book = write_round(folder)
    choice = this_round.parameters
    frame = load.frame(this_round.folder / "raw" / "frame.csv")
    rules = edit.read_rules(this_round.rules_file, book)
    none = edit.read_decisions(this_round.folder / "decisions.csv")
    times = [time.process_time()]
    answers = load.answers(this_round.folder / "raw" / "responses.csv", book)
    times.append(time.process_time())
    linked = clean.link(answers.table, frame, choice.clean.identifier)
    records = clean.records(linked.table, frame, book, choice.reference_years)
    times.append(time.process_time())
    decided = edit.decide(records, none)
    broken = edit.confront(decided.records, rules)
    within = choice.imputation.at_most
    suspects = edit.unit_errors(decided.records, choice.edit.unit_error, within)
    edit.outliers(decided.records, choice.edit.outliers)
    one = pd.Series(1.0, records.index)
    stratum = pd.Series("all", records.index)
    edit.scores(decided.records, one, stratum, suspects, choice.edit.scores)
    edit.empty(decided.records, broken, rules, decided.changes)
    times.append(time.process_time())
    columns = len(expected.columns(book))
    return columns, [late - soon for soon, late in itertools.pairwise(times)]


def main():
    """Print seconds, baseline, columns and the most memory so far."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        columns, (reading, laying_out, editing) = edit_seconds(folder)
        print(
            f"1,000 respondents x {columns} columns: read {reading:.2f} s, laid out "
            f"{laying_out:.2f} s, edited {editing:.2f} s; {reading + laying_out + editing:.2f} s",
            flush=True,
        )
        sizes = [(WIDE, 1000), *((NARROW, int(count)) for count in sys.argv[1:])]
        for questions, respondents in sizes:
            own, path = folder / "codebook.json", folder / "export"
            own.write_text(json.dumps({"title": "T", "groups": [{"questions": questions}]}))
            book = codebook.read(own)
            write(path, book, respondents)
            start = time.process_time()
            with path.open(encoding="utf-8-sig", newline="") as stream:
                width = len(list(csv.reader(stream))[0])
            baseline = time.process_time() - start
            start = time.process_time()
            load.answers(path, book, largest=10**10)
            seconds = time.process_time() - start
            most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
            print(
                f"{respondents:,} respondents x {width} columns: {seconds:.2f} s "
                f"({seconds / baseline:.1f} times csv), at most {most:.2f} GiB",
                flush=True,
            )


if __name__ == "__main__":
    main()
