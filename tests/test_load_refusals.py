"""What cannot be an export is refused in one sentence, and what was there stays."""

import json

import pytest
import survey_exports as exports
from test_load_formats import QUESTIONS, faithful, lossy, plain_response

from nldtib import codebook
from nldtib.__main__ import main
from nldtib.errors import InputError
from nldtib.records import load


@pytest.fixture(scope="module")
def own(tmp_path_factory):
    path = tmp_path_factory.mktemp("book") / "codebook.json"
    path.write_text(json.dumps({"title": "T", "groups": [{"questions": QUESTIONS}]}))
    return path


@pytest.fixture(scope="module")
def book(own):
    return codebook.read(own)


def responses(book, *numbers, submitted="2026-11-23 18:24:34"):
    return [plain_response(book) | {"id": str(n), "submitdate": submitted} for n in numbers]


def spoiled(book):
    """Return exports that are refused, and a word of why."""
    rows = responses(book, 1, 2)
    heads, whole = list(rows[0]), exports.csv(list(rows[0]), rows)
    earlier = responses(book, 3, 4, submitted="2024-11-20 09:00:00")
    older = [{h: t for h, t in row.items() if h != "rd"} for row in earlier]
    fewer = b"".join(exports.csv([], [row]).split(b"\r\n", 1)[1] for row in older)
    return {
        "larger than accepted": (whole + b"\r\n" * 2_000_000, "more than the"),
        "two exports pasted": (whole + exports.csv(heads, earlier)[3:], "headings too"),
        "one response twice": (exports.csv(heads, rows + rows[:1]), "more than once"),
        "two rounds by date": (exports.csv(heads, rows + earlier), "two rounds"),
        "two rounds by columns": (whole + fewer, "fields where the headings have"),
        "another questionnaire": (exports.csv([*heads, "zzz"], [r | {"z": "1"} for r in rows]),)
        + ("not in the codebook",),
    }


@pytest.mark.parametrize(
    "what",
    ["larger than accepted", "two exports pasted", "one response twice", "two rounds by date"]
    + ["two rounds by columns", "another questionnaire"],
)
def test_a_spoiled_file_is_a_sentence_and_what_was_there_stays(book, own, tmp_path, capsys, what):
    content, words = spoiled(book)[what]
    export, out = tmp_path / "export.csv", tmp_path / "long.csv"
    export.write_bytes(content)
    command = ["read", str(export), "--codebook", str(own), "--largest", "3000000", "--out"]

    assert main([*command, str(out)]) == 1
    told = capsys.readouterr()
    assert words in told.err
    assert "Aa B.V." not in told.out + told.err
    assert 1 <= told.err.count(".") <= 8
    assert "Traceback" not in told.err
    assert list(tmp_path.iterdir()) == [export]

    out.write_text("kept")
    assert main([*command, str(out)]) == 1
    assert out.read_text() == "kept"


def test_fieldwork_may_last_and_a_tool_without_dates_has_one_of_its_own(book, tmp_path):
    rows = responses(book, 1, submitted="2026-01-05 09:00:00")
    rows += responses(book, 2, submitted="2026-11-23 18:24:34")
    rows += responses(book, 3, submitted="1980-01-01 00:00:00")
    path = tmp_path / "export"
    path.write_bytes(exports.csv(list(rows[0]), rows))

    assert load.answers(path, book).table["respondent_id"].nunique() == 3


def test_a_file_of_any_family_that_is_cut_off_is_refused(book, tmp_path):
    rows = responses(book, 1, 2, 3)
    numbers = [row | {key: "12" for key in row if key.startswith("fin")} for row in rows]
    paths = faithful(book, rows, tmp_path) | lossy(book, rows, tmp_path)
    exports.sav(book, numbers, tmp_path / "x.sav", {"refused": "-9"})
    exports.sav(book, numbers, tmp_path / "x.zsav", {"refused": "-9"}, compress=True)
    paths |= {name: tmp_path / name for name in ("x.sav", "x.zsav")}

    for name, path in paths.items():
        content, binary = path.read_bytes(), name.endswith("sav")
        # A file of SPSS starts a process, which takes a second.
        if not binary:
            load.answers(path, book)
        for part in (0.9,) if binary else (0.4, 0.9, 0.97):
            path.write_bytes(content[: int(part * len(content))])
            with pytest.raises(InputError) as refused:
                pytest.fail(f"{name} {part}: {load.answers(path, book).table['status'].to_list()}")
            assert str(refused.value).endswith((".", "?")), name
        path.write_bytes(content)


def test_a_damaged_syntax_does_not_take_for_ever(book, tmp_path):
    data, syntax = exports.spss_pair(book, responses(book, 1))
    endless = b"VALUE LABELS V1" + b' "a" "b"' * 40 + b" x"
    (tmp_path / "export.dat").write_bytes(data)
    (tmp_path / "export.sps").write_bytes(syntax + endless)

    assert len(load.answers(tmp_path / "export.dat", book).table)
