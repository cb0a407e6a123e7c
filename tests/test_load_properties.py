"""For every file: quoting survives, numbers are right or open, damage ends in a sentence."""

import random
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nldtib import codebook
from nldtib.errors import InputError
from nldtib.records import load
from nldtib.records.load import amounts, delimited

SAMPLES = Path(__file__).resolve().parents[1].parent / "shared" / "samples" / "survey_exports"
with_samples = pytest.mark.skipif(not SAMPLES.is_dir(), reason="the sample exports are not here")

# A busy machine is no failure.
unhurried = settings(deadline=None)

hostile = st.text(alphabet=st.sampled_from("ab\"',;\t\n\r =€é<&"), max_size=8)
cells = st.one_of(st.none(), hostile, st.text(max_size=5))
tables = st.integers(2, 4).flatmap(
    lambda width: st.lists(st.lists(cells, min_size=width, max_size=width), min_size=1, max_size=6)
)


def quoted(text):
    return "" if text is None else '"' + text.replace('"', '""') + '"'


@unhurried
@given(tables, st.sampled_from(",;\t"), st.sampled_from(["\r\n", "\n"]), st.booleans())
def test_what_is_written_with_quotes_is_read_as_it_was(rows, separator, line_end, ends):
    text = line_end.join(separator.join(map(quoted, row)) for row in rows)

    read = delimited.records(text + line_end * ends, separator, "a file")

    assert list(read.rows) == rows
    assert read.quoted == sum(cell is not None for row in rows[1:] for cell in row)
    assert read.bare == 0


@unhurried
@given(st.text(alphabet=st.sampled_from('a",\n\r'), max_size=30))
def test_any_text_is_read_or_refused(text):
    try:
        delimited.records(text, ",", "a file")
    except InputError as refused:
        assert str(refused).startswith("Row ")


def grouped(number, group, point):
    """Return a number as people type it: thousands marked by `group`, decimals behind `point`."""
    whole, _, decimals = format(number, "f").partition(".")
    sign, whole = ("-", whole[1:]) if whole.startswith("-") else ("", whole)
    parts = [whole[max(0, end - 3) : end] for end in range(len(whole), 0, -3)]
    return sign + group.join(reversed(parts)) + (point + decimals if decimals else "")


numbers = st.builds(
    lambda whole, places: Decimal(whole).scaleb(-places),
    st.integers(-(10**10), 10**10),
    st.integers(0, 3),
)
notations = st.sampled_from(
    [(".", ","), (",", "."), (" ", ","), ("'", "."), ("\u00a0", ","), ("", ","), ("", ".")]
)
dressings = st.sampled_from(["{}", "€ {}", "{} euro", "  {} ", "ca. {}"])


@unhurried
@given(numbers, notations, dressings)
def test_a_typed_number_is_read_right_or_left_open_with_the_right_alternative(
    number, notation, dressing
):
    text = dressing.format(grouped(number, *notation))

    reading = amounts.typed(text, amounts.Measure(size=1000))

    assert reading.status in ("ok", "approximate", "ambiguous")
    if reading.status == "ambiguous":
        assert reading.value == ""
        assert number in [Decimal(text) for text in reading.alternatives]
    else:
        assert Decimal(reading.value) == number


@unhurried
@given(numbers)
def test_a_stored_number_is_never_read_otherwise(number):
    assert Decimal(amounts.stored(format(number, "f"), amounts.Measure()).value) == number


@unhurried
@given(numbers, st.sampled_from([amounts.DUTCH, amounts.ENGLISH]))
def test_a_known_notation_decides_what_is_open(number, notation):
    marks = (".", ",") if notation == amounts.DUTCH else (",", ".")

    reading = amounts.typed(grouped(number, *marks), amounts.Measure(), notation)

    assert (reading.status, Decimal(reading.value)) == ("ok", number)


@unhurried
@given(st.text(max_size=40))
def test_any_text_is_an_amount_or_has_a_status(text):
    reading = amounts.typed(text, amounts.Measure(size=1000))

    assert bool(reading.value) == (reading.status in ("ok", "approximate"))
    assert bool(reading.alternatives) == (reading.status == "ambiguous")


def sample(name):
    return (SAMPLES / name).read_bytes(), codebook.read(SAMPLES / "codebook.json")


def read(content, questions, folder):
    path = folder / "export"
    path.write_bytes(content)
    return load.answers(path, questions)


CODES = "limesurvey_codes_comma.csv"
WORKBOOK = "limesurvey_codetext_labels.xlsx"


@with_samples
@pytest.mark.parametrize("name", [CODES, "limesurvey_fulltext_labels_semicolon.csv"])
def test_a_csv_that_is_cut_off_anywhere_is_refused_or_lacks_only_whole_responses(name, tmp_path):
    content, questions = sample(name)
    whole = read(content, questions, tmp_path).table
    random_cuts = random.Random(2026).sample(range(len(content)), 150)
    for cut in [*random_cuts, *range(len(content) - 40, len(content))]:
        try:
            table = read(content[:cut], questions, tmp_path).table
        except InputError:
            continue
        assert table.equals(whole.head(len(table)))


@with_samples
@pytest.mark.parametrize("name", [CODES, WORKBOOK])
def test_a_damaged_file_ends_in_a_sentence_or_in_answers(name, tmp_path):
    content, questions = sample(name)
    chance = random.Random(2026)
    for _ in range(150):
        broken = bytearray(content)
        for _ in range(chance.randint(1, 4)):
            broken[chance.randrange(len(broken))] = chance.randrange(256)
        try:
            answers = read(bytes(broken), questions, tmp_path)
        except InputError as refused:
            assert str(refused).endswith((".", "?"))
        else:
            assert len(answers.table) % 99 == 0


@with_samples
@settings(max_examples=25, deadline=None)
@given(st.binary(max_size=200))
def test_rubbish_is_refused(tmp_path_factory, rubbish):
    _, questions = sample(CODES)

    with pytest.raises(InputError):
        read(rubbish, questions, tmp_path_factory.mktemp("rubbish"))
