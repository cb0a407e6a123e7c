"""The fixed words of every page, in the languages of the report."""

import datetime
from collections.abc import Mapping

from babel.dates import format_date
from babel.numbers import format_decimal

from nldtib.codebook import Label

WORDS: Mapping[str, Label] = {
    "report": Label(
        # The longest word may be broken in two on a narrow screen.
        "De Nederlandse defensie- en veiligheids\u00adgerelateerde technologische en "
        "industriële basis",
        "The Dutch defence and security related technological and industrial base",
    ),
    "lead": Label(
        "Elke twee jaar vraagt deze enquête bedrijven en kennisinstellingen naar hun omzet, banen, "
        "export en onderzoek voor defensie en veiligheid.",
        "Every two years this survey asks companies and knowledge institutes about their turnover, "
        "jobs, exports and research for defence and security.",
    ),
    "asked": Label(
        "Voor deze ronde zijn {approached} organisaties benaderd; {answered} gaven een bruikbaar "
        "antwoord. Cijfers over alle organisaties zijn schattingen, met hun onzekerheid erbij.",
        "In this round {approached} organisations were approached; {answered} gave a usable "
        "answer. Figures on all organisations are estimates, shown with their uncertainty.",
    ),
    "skip": Label("Naar de inhoud", "Skip to the content"),
    "contents": Label("Begin", "Start"),
    "navigation": Label("Pagina's", "Pages"),
    "languages": Label("Talen", "Languages"),
    "invented": Label(
        "Fictief: verzonnen cijfers. Geen enkel getal op deze pagina beschrijft de werkelijkheid.",
        "Invented figures. Not one number on this page describes reality.",
    ),
    "analyst": Label(
        "Vertrouwelijk: onbeveiligde cijfers. Niet verspreiden en niet publiceren.",
        "Confidential: unprotected figures. Do not circulate or publish.",
    ),
    "pages": Label("Wat u hier vindt", "What you find here"),
    "facts": Label("Over deze editie", "About this edition"),
    "files": Label("Cijfers als bestand", "Figures as files"),
    "annex.xlsx": Label(
        "alle tabellen als werkmap, met bij elk cijfer een zin om over te nemen",
        "all tables as a workbook, in Dutch",
    ),
    "annex.en.xlsx": Label(
        "alle tabellen als werkmap, in het Engels",
        "all tables as a workbook, with a sentence to copy for every figure",
    ),
    "figures.csv": Label("elk cijfer eenmaal, voor programma's", "every figure once, for programs"),
    "variables.csv": Label(
        "wat elke variabele is: definitie, basis en methode in twee talen",
        "what every variable is: definition, base and method in two languages",
    ),
    "places.csv": Label(
        "hoe de groepen in een sleutel heten, in twee talen",
        "what the groups in a key are called, in two languages",
    ),
    "figures.csv-metadata.json": Label(
        "beschrijving van deze drie bestanden (CSV on the Web)",
        "description of these three files (CSV on the Web)",
    ),
    "figures.json": Label(
        "dezelfde drie in één bestand (JSON)", "the same three in one file (JSON)"
    ),
    "CITATION.cff": Label("hoe u deze editie aanhaalt", "how to cite this edition"),
    "account.csv": Label(
        "organisaties in en uit elke stap", "organisations into and out of every step"
    ),
    "cells.csv": Label(
        "alle cijfers van deze editie, met interval, graad en status",
        "all figures of this edition, with interval, grade and status",
    ),
    "quality.csv": Label(
        "respons, correcties, bijschattingen, gewichten en nauwkeurigheid",
        "response, corrections, imputations, weights and precision",
    ),
    "run.json": Label("waarmee deze editie is gemaakt", "what this edition was made with"),
    "edition": Label("Ronde en editie", "Round and edition"),
    "published": Label("Gepubliceerd", "Published"),
    "years": Label("Verslagjaren", "Reference years"),
    "approached": Label("Organisaties benaderd", "Organisations approached"),
    "answered": Label("Bruikbare antwoorden", "Usable answers"),
    "level": Label("Betrouwbaarheid van de intervallen", "Confidence level of the intervals"),
    "fingerprint": Label("Vingerafdruk van de invoer", "Fingerprint of the input"),
    "input": Label("invoer", "input"),
    "accessibility": Label("toegankelijkheid", "accessibility"),
    "program": Label("programma", "program"),
    "code": Label("code", "code"),
    "of_cell": Label("van cel {number}", "of cell {number}"),
    "run": Label("Instellingen en voorbereiding van deze pagina", "Settings of this page"),
    "settings": Label("Instellingen waarmee deze pagina is gemaakt", "Settings of this page"),
    "setting": Label("Instelling", "Setting"),
    "value": Label("Waarde", "Value"),
}
LANGUAGE_NAMES: Mapping[str, str] = {"nl": "Nederlands", "en": "English"}
EDITIONS: Mapping[str, Label] = {
    "first": Label("eerste editie", "first edition"),
    "revised": Label("herziene editie", "revised edition"),
}


def word(key: str, language: str) -> str:
    """Return one fixed text in `language`."""
    return WORDS[key].in_language(language)


def edition(name: str, language: str) -> str:
    """Return how readers call an edition: `first` is the eerste editie."""
    known = EDITIONS.get(name, Label(f"editie {name}", f"edition {name}"))
    return known.in_language(language)


def date(day: datetime.date, language: str) -> str:
    """Return a date in words, such as 23 november 2026."""
    return format_date(day, "d MMMM y", locale=language)


def number(count: float, language: str) -> str:
    """Return a number with the marks of `language`: 1.050 or 1,050."""
    return format_decimal(count, locale=language)
