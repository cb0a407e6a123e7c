"""The explorer: which figures it offers, what they are, and how they are shown."""

import re
from dataclasses import replace

import bs4
import numpy as np
import pandas as pd
import pytest

from nldtib import codebook
from nldtib.errors import MissingValuesError, ParameterError
from nldtib.records import estimate
from nldtib.rounds import project_root
from nldtib.schema import Survey
from nldtib.workbench import explore, panels
from nldtib.workbench.explore import app, charting, views

BOOK = codebook.read(project_root() / "parameters" / "2026" / "codebook.yml", (2023, 2025))
AMOUNT = "turnover_defence"
DOMAINS = ["maritime", "air_space", "land", "security"]
ACTIVITIES = ["design", "develop", "produce", "maintain"]


def ten_of_twenty() -> Survey:
    """Ten respondents in two strata and two years; the last is out of scope, security is empty."""
    rows = pd.DataFrame(
        {
            "unit": list("abcdefghij"),
            "in_scope": [True] * 9 + [False],
            "military_domain": ["maritime", "air_space", "land"] * 3 + ["land"],
            "activity.design": [1, 1, 1, 1, 0, 0, 0, 0, 0, 1],
            "activity.develop": [0, 0, 1, 1, 1, 1, 0, 0, 0, 1],
            "activity.produce": [1, 0, 1, 0, 1, 0, 1, 0, 1, 0],
            "activity.maintain": 0,
            "turnover_total": [90_000.0, 300, 700, 200, 50_000, 800, 60_000, 900, 400, 0],
            AMOUNT: [9000.0, 200, 500, 150, 7000, 640, 6000, 480, 320, 0],
            "export_percent": [50.0, 0, 10, 20, 80, 40, 30, 0, 5, 100],
            "organisations": [1.0] * 9 + [0],
            "patent_holders": [1.0, 0, 1, 0, 1, 0, 0, 0, 0, 0],
            "size": ["large", "small", "small", "small", "large"] * 2,
        }
    )
    rows["export_defence"] = rows[AMOUNT] * rows["export_percent"] / 100
    earlier = rows.assign(
        reference_year=2023,
        turnover_defence=rows[AMOUNT] * np.linspace(0.6, 1.2, 10),
    )
    records = pd.concat([earlier, rows.assign(reference_year=2025)], ignore_index=True)
    population = pd.Series({"large": 5.0, "small": 15.0})
    weight = records["size"].map({"large": 5 / 4, "small": 15 / 6})
    return Survey(records, weight, records["size"], population)


def counted(survey: Survey, year: int = 2025) -> pd.Series:
    return survey.records["in_scope"] & (survey.records["reference_year"] == year)


def opened(survey: Survey, language: str = "nl") -> app.Opened:
    return app.Opened(survey, BOOK, 0.95, 6.0, language)


def view(by: str | None, statistic: str = "total", language: str = "nl") -> explore.View:
    survey = ten_of_twenty()
    choice = explore.Choice(AMOUNT, by, 2025, statistic)
    found = explore.table(survey, BOOK, choice.variable, by, 2025, statistic)
    return explore.View(found, choice, BOOK, 0.95, 2023, 9, language)


def shown(survey: Survey, choice: explore.Choice, language: str = "nl") -> bs4.BeautifulSoup:
    return bs4.BeautifulSoup(app.content(opened(survey, language), choice), "html.parser")


def all_choices(survey: Survey) -> list[explore.Choice]:
    return [
        explore.Choice(variable, by, year, statistic)
        for variable in explore.variables(survey, BOOK)
        for by in explore.breakdowns(survey, BOOK, variable)
        for year in explore.years(survey, BOOK, variable)
        for statistic in explore.statistics(survey, BOOK, variable, by, year)
    ]


# --- the figures are those of estimate


@pytest.mark.parametrize(
    ("variable", "statistic", "expected", "factor"),
    [
        (
            AMOUNT,
            "total",
            lambda s, w: estimate.total(s, AMOUNT, None, w),
            1,
        ),
        (AMOUNT, "mean", lambda s, w: estimate.mean(s, AMOUNT, None, w), 1),
        (
            AMOUNT,
            "median",
            lambda s, w: estimate.quantile(s, AMOUNT, 0.5, None, w),
            1,
        ),
        ("export_percent", "mean", lambda s, w: estimate.mean(s, "export_percent", None, w), 1),
        (
            "defence_share",
            "ratio",
            lambda s, w: estimate.ratio(s, AMOUNT, "turnover_total", None, w),
            100,
        ),
        (
            AMOUNT,
            "change",
            lambda s, w: estimate.change(s, AMOUNT, 2023, 2025, None, "in_scope"),
            100,
        ),
        (
            "turnover_defence_change",
            "change",
            lambda s, w: estimate.change(s, AMOUNT, 2023, 2025, None, "in_scope"),
            100,
        ),
    ],
)
def test_figures_of_all_organisations_are_those_of_estimate(variable, statistic, expected, factor):
    survey = ten_of_twenty()

    found = explore.table(survey, BOOK, variable, None, 2025, statistic).iloc[0]
    wanted = expected(survey, counted(survey)).iloc[0]

    assert found["n"] == wanted["n"] == 9
    for column in ("estimate", "se", "low", "high"):
        assert found[column] == pytest.approx(factor * wanted[column]), column
    assert found["cv"] == pytest.approx(wanted["cv"])
    assert found["df"] == pytest.approx(wanted["df"])


@pytest.mark.parametrize("statistic", ["total", "mean", "median", "share"])
def test_a_partition_gives_the_figures_of_estimate_in_the_order_of_the_codebook(statistic):
    survey = ten_of_twenty()
    method = {"total": estimate.total, "mean": estimate.mean, "share": estimate.share}
    if statistic == "median":
        wanted = estimate.quantile(survey, AMOUNT, 0.5, "military_domain", counted(survey))
    else:
        wanted = method[statistic](survey, AMOUNT, "military_domain", counted(survey))

    found = explore.table(survey, BOOK, AMOUNT, "military_domain", 2025, statistic)

    assert found["domain"].tolist() == DOMAINS
    factor = 100 if statistic == "share" else 1
    wanted = wanted.set_index("domain").loc[DOMAINS[:3]]
    for column in ("estimate", "low", "high"):
        assert found[column].tolist()[:3] == pytest.approx((factor * wanted[column]).tolist())


def test_a_group_without_respondents_has_no_estimate():
    survey = ten_of_twenty()

    for choice in all_choices(survey):
        found = explore.table(
            survey, BOOK, choice.variable, choice.by, choice.year, choice.statistic
        )
        empty = found[found["n"] == 0]
        assert empty["estimate"].isna().all()
        if choice.by == "military_domain":
            assert empty["domain"].tolist() == ["security"]
        if choice.by == "activity":
            assert empty["domain"].tolist() == ["maintain"]


def test_a_group_that_everyone_left_has_no_change():
    survey = ten_of_twenty()
    survey.records.loc[0, "military_domain"] = "security"  # unit a, in 2023

    found = explore.table(survey, BOOK, AMOUNT, "military_domain", 2025, "change").iloc[3]

    assert (found["domain"], found["n"]) == ("security", 0)
    assert np.isnan(found["estimate"])


def test_overlapping_groups_count_a_respondent_in_each_group():
    survey = ten_of_twenty()
    design = survey.records["activity.design"] == 1

    found = explore.table(survey, BOOK, AMOUNT, "activity", 2025, "total")
    wanted = estimate.total(survey, AMOUNT, where=counted(survey) & design).iloc[0]

    assert found["domain"].tolist() == ACTIVITIES
    assert found["n"].tolist() == [4, 4, 5, 0]
    assert found.iloc[0]["estimate"] == pytest.approx(wanted["estimate"])
    assert found.iloc[0]["high"] == pytest.approx(wanted["high"])


def test_shares_of_overlapping_groups_have_all_organisations_as_their_base():
    survey = ten_of_twenty()

    shares = explore.table(survey, BOOK, AMOUNT, "activity", 2025, "share")
    totals = explore.table(survey, BOOK, AMOUNT, "activity", 2025, "total")
    whole = explore.table(survey, BOOK, AMOUNT, None, 2025, "total")["estimate"].item()

    assert shares["estimate"].tolist()[:3] == pytest.approx(
        (100 * totals["estimate"] / whole).tolist()[:3]
    )
    assert shares["estimate"].sum() > 100


def test_a_change_of_an_overlapping_group_is_that_of_the_group_alone():
    survey = ten_of_twenty()
    design = survey.records["in_scope"] & (survey.records["activity.design"] == 1)

    found = explore.table(survey, BOOK, AMOUNT, "activity", 2025, "change")
    wanted = estimate.change(survey, AMOUNT, 2023, 2025, where=design).iloc[0]

    assert found.iloc[0]["estimate"] == pytest.approx(100 * wanted["estimate"])
    assert found.iloc[0]["low"] == pytest.approx(100 * wanted["low"])


def test_a_unit_out_of_scope_and_other_years_count_as_zero_and_stay_in_the_design():
    survey = ten_of_twenty()
    outside = ~survey.records["in_scope"]
    survey.records.loc[outside, AMOUNT] = 1e9

    found = explore.table(survey, BOOK, AMOUNT, None, 2023, "total").iloc[0]
    inside = counted(survey, 2023)
    by_hand = (survey.weight * survey.records[AMOUNT])[inside].sum()

    assert found["estimate"] == pytest.approx(by_hand)
    assert found["n"] == 9


def test_level_and_degrees_of_freedom_are_those_of_the_round():
    survey = ten_of_twenty()

    wide = explore.table(survey, BOOK, AMOUNT, None, 2025, "total", 0.99, 3.0).iloc[0]
    narrow = explore.table(survey, BOOK, AMOUNT, None, 2025, "total", 0.8, 3.0).iloc[0]

    assert wide["low"] < narrow["low"] < narrow["high"] < wide["high"]
    assert wide["df"] <= 3.0


# --- only what exists is offered


@pytest.mark.parametrize("language", ["nl", "en"])
def test_every_figure_that_is_offered_can_be_computed_and_shown(language):
    survey = ten_of_twenty()
    choices = all_choices(survey)
    # The chart takes most of the time; the table of each has been made elsewhere.
    kinds = {(choice.statistic, choice.by, choice.year): choice for choice in choices}

    assert len(choices) > 100
    for choice in kinds.values():
        page = shown(survey, choice, language)
        assert page.find(class_="refusal") is None, choice
        assert page.find("table") is not None


@pytest.mark.parametrize(
    ("variable", "by", "year", "expected"),
    [
        (AMOUNT, None, 2025, ("total", "mean", "median", "change")),
        (AMOUNT, None, 2023, ("total", "mean", "median")),
        (AMOUNT, "activity", 2023, ("total", "mean", "median", "share")),
        ("export_percent", "activity", 2025, ("mean", "median")),
        ("organisations", None, 2025, ("total",)),
        ("organisations", "military_domain", 2025, ("total", "share")),
        ("defence_share", None, 2025, ("ratio",)),
        ("organisations_share", "activity", 2025, ("share",)),
        ("turnover_defence_change", None, 2025, ("change",)),
    ],
)
def test_the_statistics_follow_the_variable(variable, by, year, expected):
    assert explore.statistics(ten_of_twenty(), BOOK, variable, by, year) == expected


def test_what_the_records_do_not_hold_is_not_offered():
    survey = ten_of_twenty()

    assert "fte_defence" not in explore.variables(survey, BOOK)
    assert "fte_defence_share" not in explore.variables(survey, BOOK)
    assert explore.breakdowns(survey, BOOK, AMOUNT) == (
        None,
        "military_domain",
        "activity",
    )


def test_a_declared_share_needs_a_breakdown_and_a_declared_change_a_year_before():
    survey = ten_of_twenty()

    assert None not in explore.breakdowns(survey, BOOK, "turnover_defence_share")
    assert explore.years(survey, BOOK, "turnover_defence_change") == (2025,)


def test_one_year_of_records_offers_no_change():
    survey = ten_of_twenty()
    last = survey.records["reference_year"] == 2025
    one_year = replace(
        survey,
        records=survey.records[last],
        weight=survey.weight[last],
        stratum=survey.stratum[last],
    )

    assert {choice.statistic for choice in all_choices(one_year)} == {
        "total",
        "mean",
        "median",
        "share",
        "ratio",
    }


def test_a_choice_that_no_longer_exists_gives_way_to_one_that_does():
    survey = ten_of_twenty()

    chosen, offered = explore.offer(
        survey, BOOK, explore.Choice("defence_share", "activity", 2023, "median")
    )

    assert chosen == explore.Choice("defence_share", "activity", 2023, "ratio")
    assert offered.statistics == ("ratio",)


@pytest.mark.parametrize(
    ("variable", "by", "year", "statistic", "sentence"),
    [
        (
            "turnover_defense",
            None,
            2025,
            "total",
            "no variable turnover_defense. Closest: turnover",
        ),
        (AMOUNT, "domain", 2025, "total", "The codebook has no dimension domain"),
        (AMOUNT, None, 2024, "total", "no figure of 2024. Choose one of: 2023, 2025."),
        ("defence_share", None, 2025, "mean", "has no mean in 2025. It has: ratio."),
        (AMOUNT, None, 2025, "share", "by nothing has no share"),
        ("turnover_defence_share", None, 2025, "share", "by nothing has no share"),
        (AMOUNT, None, 2023, "change", "has no change in 2023"),
    ],
)
def test_what_does_not_exist_is_refused(variable, by, year, statistic, sentence):
    with pytest.raises(ParameterError, match=re.escape(sentence)):
        explore.table(ten_of_twenty(), BOOK, variable, by, year, statistic)


def test_a_label_that_the_codebook_does_not_have_is_refused_and_not_quoted():
    survey = ten_of_twenty()
    survey.records.loc[12, "military_domain"] = "acme"

    with pytest.raises(MissingValuesError) as refusal:
        explore.table(survey, BOOK, AMOUNT, "military_domain", 2025, "total")

    assert "1 of 9" in str(refusal.value)
    assert "acme" not in str(refusal.value)


def test_nobody_in_scope_is_a_refusal():
    survey = ten_of_twenty()
    survey.records["in_scope"] = False

    for statistic in ("total", "median"):
        with pytest.raises(ParameterError, match="No respondent in scope"):
            explore.table(survey, BOOK, AMOUNT, None, 2025, statistic)


# --- what one sees


def test_the_table_names_itself_its_columns_and_its_rows():
    page = bs4.BeautifulSoup(views.grid(view("military_domain")), "html.parser")

    assert page.caption.text == "Defensieomzet, totaal, 2025, naar militair domein"
    assert [th.text for th in page.thead.find_all("th", scope="col")] == [
        "Groep",
        "Schatting (miljoen euro)",
        "95\u00a0%-interval",
        "Variatiecoëfficiënt (cv)",
        "Respondenten (n)",
        "Vrijheidsgraden",
    ]
    assert [th.text for th in page.tbody.find_all("th", scope="row")] == [
        "Maritiem",
        "Lucht en ruimte",
        "Land",
        "Veiligheid",
    ]
    assert [td.text for td in page.tbody.find_all("tr")[3].find_all("td")] == [
        "geen respondenten",
        "–",
        "–",
        "0",
        "–",
    ]


def test_numbers_are_those_of_the_table_in_the_language_of_the_reader():
    # Weights 1.25 and 2.5: 1.25 * (9000 + 7000 + 640 + ...) and so on, in thousand euro.
    survey = ten_of_twenty()
    total = explore.table(survey, BOOK, AMOUNT, None, 2025, "total").iloc[0]
    by_hand = 1.25 * (9000 + 7000 + 640) + 2.5 * (200 + 500 + 150 + 6000 + 480 + 320)
    assert total["estimate"] == pytest.approx(by_hand)

    dutch = bs4.BeautifulSoup(views.grid(view(None)), "html.parser")
    english = bs4.BeautifulSoup(views.grid(view(None, language="en")), "html.parser")

    assert dutch.tbody.td.text == "39,9"
    assert english.tbody.td.text == "39.9"
    assert english.caption.text == "Defence turnover, total, 2025"


def test_every_bar_has_its_label_and_its_estimate_and_whiskers_stay_in_the_picture():
    figure = explore.chart(view("military_domain"))
    (axes,) = figure.axes
    texts = [text.get_text() for text in axes.texts]
    estimates = view("military_domain").found["estimate"]

    assert texts[0::2] == ["Maritiem", "Lucht en ruimte", "Land", "Veiligheid"]
    assert texts[-1] == "geen respondenten"
    widths = [bar.get_width() for bar in axes.patches]
    assert widths == pytest.approx((estimates.fillna(0) / 1e3).tolist())
    assert axes.get_ylim()[0] > axes.get_ylim()[1], "the first group stands on top"
    low, high = axes.get_xlim()
    whiskers = [segment for segment in axes.collections[0].get_segments() if segment.size]
    assert len(whiskers) == 3
    for whisker in whiskers:
        assert all(low <= end <= high for end in whisker[:, 0])


def test_a_whisker_that_would_dwarf_the_bars_is_cut_and_said_to_be():
    asked = view("military_domain")
    found = asked.found.assign(high=asked.found["estimate"] * 1.5)
    calm = explore.chart(replace(asked, found=found)).axes[0]
    found.loc[1, "high"] = 1e12
    cut = explore.chart(replace(asked, found=found)).axes[0]

    assert "pijl" not in calm.get_xlabel()
    assert "pijl" in cut.get_xlabel()
    assert cut.get_xlim()[1] <= charting.LONGEST * found["estimate"].max() / 1e3 + 1e-9


def test_the_axis_says_where_its_ticks_are():
    asked = view(None)
    small = asked.found.assign(estimate=0.8, low=0.5, high=1.1, unit_of_measure="fte")
    figure = explore.chart(replace(asked, found=small))
    (axes,) = figure.axes
    axes.set_xticks([0, 0.25, 0.5, 1000])
    figure.canvas.draw()

    assert [tick.get_text() for tick in axes.get_xticklabels()] == ["0", "0,25", "0,5", "1.000"]


@pytest.mark.parametrize("ends", [(np.nan, np.nan, np.nan), (0.0, 0.0, 0.0), (-5.0, -9.0, np.inf)])
def test_a_chart_of_strange_figures_is_still_a_chart(ends):
    asked = view("military_domain")
    found = asked.found.copy()
    found[["estimate", "low", "high"]] = ends

    drawn = bs4.BeautifulSoup(explore.picture(replace(asked, found=found)), "html.parser")

    assert drawn.svg["role"] == "img"
    assert "nan" not in drawn.svg.text.lower()


def test_the_chart_is_described_in_words():
    drawn = bs4.BeautifulSoup(explore.picture(view("military_domain")), "html.parser")
    title = drawn.svg.find("title")

    assert drawn.svg["aria-labelledby"] == title["id"]
    assert title.text.startswith(
        "Staafdiagram van defensieomzet, totaal, 2025, naar militair domein. Het hoogst is Mar"
    )
    assert drawn.find("style") is None, "a style inside would reach the whole of JupyterLab"


def test_labels_are_text_and_never_markup_or_formulas():
    name = codebook.Label("<b>$x$</b> & co", "<b>$x$</b> & co")
    domain = BOOK.dimensions["military_domain"]
    items = (replace(domain.codes[0], label=name), *domain.codes[1:])
    dimensions = {**BOOK.dimensions, "military_domain": replace(domain, codes=items)}
    book = replace(BOOK, dimensions=dimensions)
    asked = replace(view("military_domain"), codebook=book)

    page = bs4.BeautifulSoup(views.grid(asked) + explore.picture(asked), "html.parser")

    assert page.find("b") is None
    assert page.tbody.th.text == name.nl
    assert name.nl in [text.text.strip() for text in page.svg.find_all("text")]


def test_overlap_is_said_where_groups_overlap():
    overlapping = shown(ten_of_twenty(), explore.Choice(AMOUNT, "activity", 2025, "total"))
    partition = shown(ten_of_twenty(), explore.Choice(AMOUNT, "military_domain", 2025, "total"))

    assert "tellen niet op" in overlapping.text
    assert "tellen niet op" not in partition.text


def test_a_refusal_of_the_library_is_one_sentence_in_place_of_the_figures():
    survey = ten_of_twenty()
    survey.records.loc[12, AMOUNT] = None

    page = shown(survey, explore.Choice(AMOUNT, None, 2025, "total"))

    assert page.table is None and page.svg is None
    assert page.text.startswith("Geen cijfer. turnover_defence is missing for 1 of 9 records")
    assert page.find(role="alert").span["lang"] == "en"


def test_a_mistake_of_ours_takes_the_old_figures_away_and_quotes_nothing():
    survey = ten_of_twenty()
    broken = replace(survey, weight=pd.Series("acme", survey.records.index))

    page = shown(broken, explore.Choice(AMOUNT, None, 2025, "total"))

    assert page.table is None
    assert page.text.startswith("Geen cijfer, door een fout in de werkbank zelf (")
    assert "acme" not in page.text


def test_the_same_question_gives_the_same_bytes():
    asked = explore.Choice(AMOUNT, "activity", 2025, "share")

    assert app.content(opened(ten_of_twenty()), asked) == app.content(
        opened(ten_of_twenty()), asked
    )


# --- the app


def widgets(survey: Survey, language: str = "nl") -> list:
    return app.lists_and_result(opened(survey, language))


def test_the_lists_come_in_reading_order_with_a_name():
    *lists, result = widgets(ten_of_twenty())

    assert [box.description for box in lists] == [
        "Variabele",
        "Uitsplitsing",
        "Verslagjaar",
        "Maat",
    ]
    assert [label for label, _ in lists[0].options][:2] == ["Totale omzet", "Defensieomzet"]
    assert "Totale omzet, totaal, 2025" in result.value


def test_a_change_in_one_list_reaches_the_others_and_the_figures():
    variable, by, year, statistic, result = widgets(ten_of_twenty())

    variable.value, by.value = AMOUNT, "activity"
    assert ("aandeel in het totaal", "share") in statistic.options
    statistic.value = "change"
    assert "Defensieomzet, verandering sinds 2023, 2025, naar activiteit" in result.value
    year.value = 2023
    assert statistic.value == "total"
    variable.value = "defence_share"
    assert [value for _, value in statistic.options] == ["ratio"]
    assert "Defensie-aandeel, verhouding, 2023, naar activiteit" in result.value
    variable.value, by.value = "organisations_share", "military_domain"
    assert "" not in [value for _, value in by.options]


def test_one_choice_makes_the_figures_once():
    variable, by, year, statistic, result = widgets(ten_of_twenty())
    made = []
    result.observe(lambda change: made.append(change["new"]), "value")

    statistic.value = "median"
    by.value = "activity"
    variable.value = "defence_share"

    assert len(made) == 3


def test_the_panel_of_a_round_that_is_not_there_is_a_banner_and_one_sentence():
    banner, sentence = explore.panel("1999").children

    assert "Vertrouwelijk" in banner.value
    assert "There is no round 1999" in sentence.value
    assert "Traceback" not in sentence.value


def test_an_unknown_language_is_one_sentence_too():
    _, sentence = explore.panel(language="fr").children

    assert "There is no language fr. Choose one of: nl, en." in sentence.value


def test_what_the_notebook_stores_of_the_panel_holds_no_figure():
    *lists, result = widgets(ten_of_twenty())
    banner = panels.banner("nl", True)

    stored = panels.framed(app.NAME, [banner, *lists, result])._repr_mimebundle_()

    assert stored.keys() == {"text/plain", "application/vnd.jupyter.widget-view+json"}
    assert not re.search(r"\d[.,]\d", stored["text/plain"])
