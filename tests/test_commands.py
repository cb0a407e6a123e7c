"""The commands as a person or a scheduler calls them: exit codes, sentences, files."""

import re
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest

from nldtib import __main__ as commands

PROJECT = Path(__file__).resolve().parents[1]
COMMANDS = ("demo", "read", "check", "produce", "report", "run", "questionnaire")
SAMPLES = PROJECT.parent / "shared" / "samples" / "survey_exports"


def called(*words, folder=PROJECT) -> subprocess.CompletedProcess:
    return subprocess.run(
        [sys.executable, "-m", "nldtib", *map(str, words)],
        cwd=folder,
        capture_output=True,
        text=True,
        encoding="utf-8",
        check=False,
    )


@pytest.mark.parametrize(
    "words",
    [
        (),
        ("fly",),
        ("run",),
        ("check", "--edition", "x"),
        ("report", "--edition", "e", "--fast"),
        ("read", "file.csv"),
        ("demo", "--seed", "many"),
    ],
)
def test_misuse_exits_with_two(words, capsys):
    with pytest.raises(SystemExit) as ended:
        commands.main(list(words))

    assert ended.value.code == commands.MISUSED
    assert "usage: nldtib" in capsys.readouterr().err


@pytest.mark.parametrize(
    "words",
    [
        ["report", "data/demo/2026", "--edition", "first", "size", "trends"],
        ["report", "data/demo/2026", "size", "trends", "--edition", "first"],
    ],
)
def test_notebooks_may_stand_on_either_side_of_the_edition(words):
    chosen = commands._chosen(words)

    assert (chosen.round, chosen.edition) == ("data/demo/2026", "first")
    assert chosen.notebooks == ["size", "trends"]


@pytest.mark.parametrize("command", ["check", "produce", "report", "run"])
def test_an_absent_round_is_refused_in_one_sentence(command, capsys):
    words = [command, "1999"] + ([] if command == "check" else ["--edition", "first"])

    assert commands.main(words) == commands.REFUSED

    told = capsys.readouterr().err
    assert told.startswith("nldtib: There is no round 1999")
    assert "Traceback" not in told and len(told.splitlines()) == 1


def test_every_command_has_a_sentence_of_help():
    shown = called("--help")

    assert shown.returncode == commands.DONE
    for command in COMMANDS:
        assert re.search(rf"^    {command}\s+[a-z]", shown.stdout, re.MULTILINE)


def test_the_readme_names_every_command():
    told = (PROJECT / "README.md").read_text(encoding="utf-8")

    assert [command for command in COMMANDS if f"`nldtib {command}" not in told] == []


@pytest.mark.skipif(not SAMPLES.is_dir(), reason="the sample exports are not beside this project")
@pytest.mark.parametrize(
    "export", ["limesurvey_codes_comma.csv", "limesurvey_fulltext_labels_semicolon.csv"]
)
def test_reading_an_export_writes_the_long_table_and_tells_what_was_recognised(export, tmp_path):
    out = tmp_path / "long.csv"

    done = called("read", SAMPLES / export, "--codebook", SAMPLES / "codebook.json", "--out", out)

    assert done.returncode == commands.DONE
    assert "Recognised: LimeSurvey CSV" in done.stdout
    columns = ["respondent_id", "variable", "year", "value", "status"]
    ours, truth = (
        pd.read_csv(path, dtype=str, keep_default_na=False)[columns]
        for path in (out, SAMPLES / "truth.csv")
    )
    pd.testing.assert_frame_equal(ours, truth)


@pytest.mark.skipif(not SAMPLES.is_dir(), reason="the sample exports are not beside this project")
def test_a_damaged_spreadsheet_leaves_a_list_of_doubts(tmp_path):
    export = SAMPLES / "limesurvey_codetext_labels.xlsx"

    done = called(
        "read", export, "--codebook", SAMPLES / "codebook.json", "--out", tmp_path / "long.csv"
    )

    doubts = pd.read_csv(tmp_path / "long.doubts.csv")
    assert done.returncode == commands.DONE
    assert f"Doubtful answers: {len(doubts)}" in done.stdout and len(doubts) > 0


def test_a_file_that_is_no_export_is_refused_and_nothing_is_written(tmp_path):
    bad, out = tmp_path / "responses.csv", tmp_path / "long.csv"
    bad.write_bytes(b"\x00\x01\x02" * 100)
    book = PROJECT / "parameters" / "2026" / "codebook.yml"

    refused = called("read", bad, "--codebook", book, "--out", out)

    assert refused.returncode == commands.REFUSED
    assert refused.stderr.startswith("nldtib: ") and "Traceback" not in refused.stderr
    assert not out.exists()


@pytest.mark.skipif(not SAMPLES.is_dir(), reason="the sample exports are not beside this project")
def test_a_place_that_cannot_be_written_is_one_sentence(tmp_path, capsys):
    export, book = SAMPLES / "limesurvey_codes_comma.csv", SAMPLES / "codebook.json"
    out = tmp_path / "nowhere" / "long.csv"

    told = commands.main(["read", str(export), "--codebook", str(book), "--out", str(out)])

    assert told == commands.REFUSED
    assert "Traceback" not in capsys.readouterr().err
