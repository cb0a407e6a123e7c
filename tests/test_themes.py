"""Two themes: readable alike, and no more of the ministry's style than its public colours."""

import re
from pathlib import Path

import pytest
from conftest import PROJECT, reread

from nldtib import report
from nldtib.errors import ParameterError
from nldtib.pages.export import themes
from nldtib.pages.present import drawing
from nldtib.pages.present.tiles import SHADES

WHITE = "#ffffff"
INK = drawing.INK
TEMPLATE = Path(themes.__file__).parent / "template"
THEMES = ("neutral", "ministry")


def luminance(colour: str) -> float:
    """Return the relative luminance of WCAG 2."""
    parts = [int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)]
    red, green, blue = (
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    lighter, darker = sorted((luminance(one), luminance(other)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def colours(theme: str) -> dict[str, str]:
    return {part: several[theme] for part, several in themes.palette().items()}


def test_contrast_is_that_of_the_standard():
    assert contrast("#000000", WHITE) == pytest.approx(21)
    # By hand: grey of #767676 on white is 4.54.
    assert contrast("#767676", WHITE) == pytest.approx(4.54, abs=0.005)


@pytest.mark.parametrize("theme", THEMES)
def test_text_and_graphics_stand_out(theme):
    found = colours(theme)

    for part in ("soft", "muted", "strong", "accent"):
        assert contrast(found[part], WHITE) >= 4.5, part
    for part in ("soft", "strong", "accent"):
        assert contrast(found[part], found["wash"]) >= 4.5, part
    assert contrast(found["muted"], found["band"]) >= 4.5
    assert contrast(found["bar"], WHITE) >= 3 and contrast(INK, found["bar"]) >= 3
    assert contrast(INK, found["tile_1"]) >= 4.5 and contrast(INK, found["tile_2"]) >= 4.5
    assert contrast(WHITE, found["tile_3"]) >= 4.5 and contrast(WHITE, found["strong"]) >= 4.5
    shades = [found[part] for part in ("tile_1", "tile_2", "tile_3", "strong")]
    assert all(contrast(a, b) > 1.25 for a, b in zip(shades, shades[1:], strict=False))


def test_pages_are_made_in_the_neutral_colours():
    made = {drawing.MUTED, drawing.RULE, drawing.WASH, drawing.BAR, drawing.STRONG, drawing.ACCENT}
    made |= {*SHADES, *re.findall(r"--\w+: (#\w{6})", (TEMPLATE / "style.css").read_text())}

    assert set(colours("neutral").values()) <= made
    for part in themes.palette().values():
        assert len(set(part.values())) == len(part), "a colour that stays needs no theme"
    every = [one for part in themes.palette().values() for one in part.values()]
    assert len(set(every)) == len(every), "a colour with two parts cannot be turned back"


def test_a_page_takes_the_other_colours_and_gives_them_back():
    page = f'<a style="color: {drawing.STRONG}" href="#facts-turnover">{drawing.INK}</a>'

    turned = themes.themed(page, "ministry")

    assert "#154273" in turned and drawing.STRONG not in turned and drawing.INK in turned
    assert themes.themed(turned, "ministry") == turned
    assert themes.themed(turned, "neutral") == page


def of_round(this_round, theme: str):
    choices = this_round.root / "parameters" / "2026" / "round.yml"
    text = re.sub(r"(?m)^theme: .*$", f"theme: {theme}", choices.read_text("utf-8"))
    choices.write_text(text, encoding="utf-8")
    return reread(this_round)


def test_a_round_may_ask_for_the_colours_of_the_ministry(small_project):
    this_round = of_round(small_project(size="plain"), "ministry")

    index = report.edition(this_round, "first")

    neutral = set(colours("neutral").values())
    for page in index.parent.glob("*.html"):
        text = page.read_text(encoding="utf-8")
        assert "#154273" in text and not neutral & set(themes.COLOUR.findall(text))
        assert "<img" not in text and "@font-face" not in text and "Rijks" not in text


def test_a_theme_that_is_not_there_is_refused_before_anything_runs(small_project):
    this_round = of_round(small_project(size="raises"), "ministery")

    with pytest.raises(ParameterError, match="There is no theme ministery.*ministry"):
        report.edition(this_round, "first")


def test_nothing_of_the_house_style_but_colours_is_shipped():
    kept = [path for path in (PROJECT / "nldtib").rglob("*") if path.is_file()]

    assert not [path.name for path in kept if path.suffix in (".ttf", ".otf", ".woff", ".woff2")]
    assert "Rijksoverheid" not in (TEMPLATE / "style.css").read_text(encoding="utf-8")
