"""Rates of quality, computed from what the run counted; empty counts give no rate."""

import datetime
from collections.abc import Sequence
from statistics import fmean

from nldtib.pages.cells import Edition
from nldtib.pages.present import changes, figures, numbers, words
from nldtib.schema import TOTAL

PERCENT = numbers.Scale("percent", 1.0, 1)
FOLLOWED = ("turnover_defence", "export_defence", "fte_defence")


def rates(edition: Edition) -> dict[str, str]:
    """Return what the texts of the quality page may fill in, by name.

    nonresponse_rate
        Units without a usable answer, of all approached.
    over_coverage_rate
        Units out of scope, of all that answered.
    hidden_rate, shown_rate
        Figures not shown, and shown, of all figures of the edition.
    delay
        Days between the end of the last reference year and publication.
    revision_mean
        Mean absolute revision of the followed key figures, in % of the old figure.

    Source
    ------
    ESS Handbook for Quality and Metadata Reports (2021), quality and performance indicators
    A2, A4, R1, TP2, A6.
    """
    shown = int((edition.cells.drop_duplicates("key")["status"] == "published").sum())
    every = edition.cells["key"].nunique()
    count = _counts(edition)
    answers = count["answered"] + count["out_of_scope"]
    language = edition.language
    hidden = int(edition.cells.drop_duplicates("key")["status"].isin(figures.HIDDEN).sum())
    return {
        "years": figures.year_words(edition, edition.years),
        "published": numbers.date(str(edition.run["published_on"]), language),
        "level": figures.level(edition),
        "cells_shown": numbers.number(shown, 0, language),
        "shown_rate": _of(edition, shown, every),
        "hidden_rate": _of(edition, hidden, every),
        "nonresponse_rate": _of(
            edition, count["silent"] + count["not_usable"], count["approached"]
        ),
        "over_coverage_rate": _of(edition, count["out_of_scope"], answers),
        "delay": numbers.number(_delay(edition), 0, language),
        "series_length": str(len(edition.years)),
        "revision_mean": _revision(edition),
    }


def _counts(edition: Edition) -> dict[str, float]:
    of_all = edition.quality[
        (edition.quality["topic"] == "response") & (edition.quality["item"] == TOTAL)
    ]
    found = dict(zip(of_all["measure"], of_all["value"], strict=True))
    names = ("approached", "answered", "out_of_scope", "not_usable", "silent")
    return {name: float(found.get(name, 0)) for name in names}


def _of(edition: Edition, part: float, whole: float) -> str:
    if not whole:
        return words.text(edition.language, "signs.no_change")
    return numbers.said(100 * part / whole, PERCENT, edition.language)


def _delay(edition: Edition) -> int:
    published = datetime.date.fromisoformat(str(edition.run["published_on"]))
    return (published - datetime.date(edition.years[-1], 12, 31)).days


def _revision(edition: Edition) -> str:
    sizes = [abs(size) for size in _revisions(edition, FOLLOWED) if size is not None]
    if not sizes:
        return words.text(edition.language, "signs.no_change")
    return numbers.said(fmean(sizes), PERCENT, edition.language)


def _revisions(edition: Edition, names: Sequence[str]) -> list[float | None]:
    shared = [one for one in edition.earlier if set(one.years) & set(edition.years)]
    if not shared:
        return []
    old = shared[-1]
    return [
        changes.between(figures.total(old, name, year), figures.total(edition, name, year)).size
        for name in names
        for year in sorted(set(old.years) & set(edition.years))
        if name in old.codebook.variables
    ]
