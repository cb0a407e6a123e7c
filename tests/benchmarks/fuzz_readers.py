"""Damaged exports of every kind: each ends in a sentence or in a table, never in a traceback.

Run by hand: python tests/benchmarks/fuzz_readers.py SECONDS [FAMILY ...]
Bytes are changed, cut out, doubled and moved; in zip files the parts are changed, and zipped again.
Files of SPSS are read by one process that goes on until a file ends it, then by the next.
Prints per family: runs, seconds, refusals, the slowest read, and each crash once.

Measured, 600 s each at the lowest priority: csv 116,688 runs, json 256,632, parquet 162,620, stata
xml 236,784 (1 crash, mended since), workbook 22,238, spss 36,306 (301 ended their process),
qualtrics 43,297, syntax 11,721, archive 7,585, vv 28,497, triple-s 37,243: no other crash, no read
longer than 0.1 s. By hand 4,677 in 90 s, 0 crashes.
"""

import gzip
import io
import json
import multiprocessing
import random
import subprocess
import sys
import tempfile
import time
import traceback
import types
import warnings
import zipfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import openpyxl
import survey_exports as exports
from test_load_formats import QUESTIONS

from nldtib import codebook
from nldtib.errors import NldtibError
from nldtib.records import load
from nldtib.records.load import choices, expected, statistics, statistics_process

INTERESTING = (b'"', b"'", b",", b"\t", b"\n", b"\r", b"\0", b"<", b">", b"&", b"{", b"}", b"[")
INTERESTING += (b"\xff", b"\xef\xbb\xbf", b"\xff\xfe", b"-99", b"9" * 30, b"=1+1", b"&#1;", b"]]>")


def responses(book):
    """Return a few responses with every kind of answer."""
    texts = {
        "typed": ["7.138", "n.v.t.", ""],
        "stored": ["58", "66.3", None],
        "tick": ["Y", "", "Y"],
    }
    texts |= {"yes_no": ["Y", "N", ""], "date": ["2026-09-08 00:00:00"] * 2 + [None]}
    rows = []
    for number in range(3):
        row = {"id": str(number + 1), "submitdate": "2026-11-23 18:24:34" if number else None}
        row |= {"lastpage": "1", "startlanguage": "nl"}
        for column in expected.columns(book):
            codes = [item.code for item in choices.items(column)]
            default = codes if choices.kind(column) == "choice" else ["Aa B.V.", "é\n<b>", ""]
            found = texts.get(choices.kind(column), default)
            row[column.heading] = found[number % len(found)]
        rows.append(row)
    return rows


def by_hand():
    """Return a workbook as people make it: headings on two levels, merged cells, totals."""
    made = openpyxl.Workbook()
    sheet = made.active
    for row in (
        ["Opgave 2026"],
        ["Bedrijf", "Omzet (x € 1.000)", None, "Export (%)", None, "Datum?"],
        [None, 2024, 2025, 2024, 2025],
        ["Aa B.V.", 100, "1.295,9", 0.25, 12.5, 46273],
        ["Bb B.V.", "ca. 500", 1_500_000, 0.5, "n.v.t.", "8-9-2026"],
        ["Cc", None, "=1+1", 3, 4],
        ["Totaal", 600, 1, 2, 3],
        ["* in duizenden euro"],
    ):
        sheet.append(row)
    for cells in ("B2:C2", "B5:B6", "A8:F8"):
        sheet.merge_cells(cells)
    sheet["D4"].number_format, sheet["C5"].number_format = "0%", "#,##0,"
    sheet.column_dimensions["E"].hidden = True
    stream = io.BytesIO()
    made.save(stream)
    return stream.getvalue()


def families(book, folder):
    """Return the files of each family: what is damaged, and what stands undamaged beside it."""
    rows = responses(book)
    heads = list(rows[0])
    data, syntax = exports.spss_pair(book, rows)
    frame, script = exports.r_pair(book, rows)
    definition, fixed = exports.triple_s(book, rows)
    commas, separated = exports.triple_s(book, rows, fixed=False)
    numbers = [{**row, "fin[OMZ_J2024]": "1200", "fin[OMZ_J2025]": "-9"} for row in rows]
    for row in numbers:
        row |= {
            key: None for key in row if key.startswith("fin") and row[key] in ("n.v.t.", "7.138")
        }
    exports.sav(book, numbers, folder / "x.sav", {"refused": "-9"})
    exports.sav(book, numbers, folder / "x.zsav", {"refused": "-9"}, compress=True)
    full = exports.full_answers(book, rows)
    return {
        "csv": [
            (exports.csv(heads, rows), {}),
            (exports.csv(exports.texts(book, heads, 15), full), {}),
        ],
        "json": [(exports.as_json(heads, rows), {})],
        "vv": [(exports.vv(book, rows), {}), (exports.vv(book, rows, 1), {})],
        "archive": [(exports.lsa(book, rows, [{"token": "x", "firstname": "P"}]), {})],
        "wrapped": [
            (gzip.compress(exports.csv(heads, rows)), {}),
            (gzip.compress(exports.as_json(heads, rows)), {}),
        ],
        "by hand": [(by_hand(), {})],
        "workbook": [(exports.xlsx(heads, rows), {}), (exports.xlsx(["Titel"], rows), {})],
        "stata xml": [(exports.stata_xml(book, rows), {})],
        "syntax": [(data, {"f.sps": syntax}), (syntax, {"f.dat": data}), (frame, {"f.R": script})],
        "spss": [((folder / "x.sav").read_bytes(), {}), ((folder / "x.zsav").read_bytes(), {})],
        "qualtrics": [
            (exports.qualtrics(book, rows), {}),
            (exports.qualtrics(book, rows, True), {}),
        ],
        "triple-s": [
            (fixed, {"f.sss": definition}),
            (definition, {"f.asc": fixed}),
            (separated, {"f.xml": commas}),
        ],
        "parquet": [(exports.parquet(rows), {})],
    }


def damaged(content, chance):
    """Return bytes with one to four kinds of damage."""
    if content[:2] == b"PK" and chance.random() < 0.7:
        return _damaged_part(content, chance)
    if content[:2] == b"\x1f\x8b" and chance.random() < 0.7:
        return gzip.compress(damaged(gzip.decompress(content), chance))
    broken = bytearray(content)
    for _ in range(chance.randint(1, 4)):
        place, way = chance.randrange(len(broken) + 1), chance.randrange(6)
        length = chance.choice((1, 2, 8, 64, 512))
        if way == 0 and place < len(broken):
            broken[place] = chance.randrange(256)
        elif way == 1:
            broken[place:place] = chance.choice(INTERESTING)
        elif way == 2:
            del broken[place : place + length]
        elif way == 3:
            broken[place:place] = broken[place : place + length]
        elif way == 4:
            other = chance.randrange(len(broken) + 1)
            broken[place : place + length] = broken[other : other + length]
        elif chance.random() < 0.3:
            del broken[place:]
    return bytes(broken)


def _damaged_part(content, chance):
    stream = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as old, zipfile.ZipFile(stream, "w") as new:
        names = old.namelist()
        chosen = chance.choice(names)
        for name in names:
            part = old.read(name)
            new.writestr(
                name, damaged(part, chance) if name == chosen and part[:2] != b"PK" else part
            )
    return stream.getvalue()


def _worker(pipe):
    warnings.simplefilter("ignore")
    while True:
        pipe.send(statistics_process.main(*pipe.recv()))


class Worker:
    """Runs the reader of SPSS as often as a process lasts, in place of one process per file."""

    TimeoutExpired = subprocess.TimeoutExpired

    def __init__(self):
        self.ended = -1
        self.start()

    def start(self):
        """Start a process; the one before it is gone."""
        self.ended += 1
        self.pipe, other = multiprocessing.Pipe()
        self.process = multiprocessing.Process(target=_worker, args=(other,), daemon=True)
        self.process.start()
        other.close()

    def run(self, command, timeout, **_ignored):
        """Read one file; the process that it ends is replaced."""
        try:
            self.pipe.send(command[3:])
            if not self.pipe.poll(timeout):
                self.process.kill()
                self.start()
                raise subprocess.TimeoutExpired(command, timeout)
            return types.SimpleNamespace(returncode=self.pipe.recv())
        except (EOFError, OSError):
            self.process.join()
            self.start()
            return types.SimpleNamespace(returncode=-1)


def fuzz(family, samples, book, folder, seconds):
    """Damage and read for some seconds; print the figures and every crash once."""
    chance = random.Random(family)
    crashes: dict[str, str] = {}
    runs = refused = slowest = 0
    end = time.monotonic() + seconds
    path = folder / "f"
    while time.monotonic() < end:
        content, beside = chance.choice(samples)
        for old in folder.glob("f*"):
            old.unlink()
        for name, other in beside.items():
            (folder / name).write_bytes(other)
        path.write_bytes(damaged(content, chance))
        runs += 1
        start = time.process_time()
        try:
            load.answers(path, None if family == "archive" else book, largest=5_000_000)
        except NldtibError as sentence:
            refused += 1
            if not str(sentence).endswith((".", "?")):
                crashes.setdefault(f"no sentence: {sentence}", "")
        except Exception as problem:
            where = traceback.extract_tb(problem.__traceback__)
            ours = [step for step in where if "nldtib" in step.filename][-1]
            key = f"{type(problem).__name__} {Path(ours.filename).name}:{ours.lineno}"
            if key not in crashes:
                Path(
                    tempfile.gettempdir(), f"fuzz_{family}_{len(crashes)}".replace(" ", "_")
                ).write_bytes(path.read_bytes())
            crashes.setdefault(key, f"{problem}"[:200])
        slowest = max(slowest, time.process_time() - start)
    print(
        f"{family}: {runs} runs in {seconds} s, {refused} refused, slowest {slowest:.1f} s, "
        f"{len(crashes)} crashes",
        flush=True,
    )
    for key, problem in crashes.items():
        print(f"  {key}: {problem}", flush=True)


def main():
    """Fuzz the families that are named, or all."""
    seconds, wanted = float(sys.argv[1]), sys.argv[2:]
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        own = folder / "codebook.json"
        own.write_text(json.dumps({"title": "T", "groups": [{"questions": QUESTIONS}]}))
        book = codebook.read(own)
        found = families(book, folder)
        place = folder / "damaged"
        place.mkdir()
        statistics.subprocess = worker = Worker()
        for family, samples in found.items():
            if not wanted or family in wanted:
                fuzz(family, samples, book, place, seconds)
        print(f"{worker.ended} files ended the process that reads SPSS")


if __name__ == "__main__":
    main()
