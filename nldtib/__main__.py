"""The commands. A refusal is one sentence and exit 1; a traceback means a mistake of ours."""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from nldtib.errors import NldtibError
from nldtib.rounds import ANALYST, AUDIENCES, DEMO, PUBLIC

DONE, REFUSED, MISUSED = 0, 1, 2


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code."""
    chosen = _chosen(arguments)
    try:
        chosen.run(chosen)
    except NldtibError as refusal:
        print(f"nldtib: {refusal}", file=sys.stderr)
        return REFUSED
    except OSError as problem:
        print(f"nldtib: {problem.strerror}: {problem.filename}. Nothing was done.", file=sys.stderr)
        return REFUSED
    except KeyboardInterrupt:
        print("nldtib: stopped by hand. The last good edition is untouched.", file=sys.stderr)
        return REFUSED
    return DONE


def _chosen(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = _parser()
    chosen, rest = parser.parse_known_args(arguments)
    # argparse gives up on names that follow an option: report ROUND --edition E NOTEBOOK.
    if rest and (chosen.command != "report" or any(word.startswith("-") for word in rest)):
        parser.error(f"unrecognized arguments: {' '.join(rest)}")
    if rest:
        chosen.notebooks += rest
    if chosen.command in ("produce", "run") and chosen.to and chosen.audience == ANALYST:
        parser.error("an edition for analysts is sent to nobody: leave out --to or --audience")
    return chosen


def _demo(chosen: argparse.Namespace) -> None:
    from nldtib import rounds
    from nldtib.records import synthetic

    folder = rounds.project_root() / "data" / "demo"
    for survey_round in synthetic.write(folder, chosen.seed):
        print(folder / survey_round)


def _read(chosen: argparse.Namespace) -> None:
    from nldtib import codebook
    from nldtib.records import load

    book = codebook.read(chosen.codebook) if chosen.codebook else None
    answers = load.answers(
        chosen.file, book, largest=chosen.largest, encoding=chosen.encoding, reader=chosen.reader
    )
    load.write(answers.table, chosen.out)
    print(load.report(answers))
    beside = chosen.out.parent / chosen.out.stem
    if len(answers.doubts):
        doubts = load.write(answers.doubts, Path(f"{beside}.doubts.csv"))
        print(f"The doubtful answers, with the ways in which each can be read: {doubts}")
    if answers.personal.shape[1] > 1:
        personal = load.write(answers.personal, Path(f"{beside}.personal.csv"))
        print(f"Personal data, for no later step; keep or delete: {personal}")


def _check(chosen: argparse.Namespace) -> None:
    from nldtib import produce, rounds

    print(produce.check(rounds.read(chosen.round)))


def _produce(chosen: argparse.Namespace) -> None:
    from nldtib import produce, report, rounds

    this_round = rounds.read(chosen.round)
    with report.construction(this_round, chosen.edition, chosen.audience) as site:
        produced = produce.edition(this_round, chosen.edition, _step, chosen.audience)
        produce.write(produced, this_round, site.folder, _step)
        produce.release(produced, this_round, chosen.to)
    place = rounds.place_of_edition(this_round, chosen.edition, chosen.audience)
    print(place / "cells.csv")


def _report(chosen: argparse.Namespace) -> None:
    from nldtib import report, rounds

    this_round = rounds.read(chosen.round)
    print(report.edition(this_round, chosen.edition, chosen.audience, chosen.notebooks))


def _run(chosen: argparse.Namespace) -> None:
    from nldtib import produce, report, rounds

    this_round = rounds.read(chosen.round)
    with report.construction(this_round, chosen.edition, chosen.audience) as site:
        produced = produce.edition(this_round, chosen.edition, _step, chosen.audience)
        produce.write(produced, this_round, site.folder, _step)
        index = report.build(site, this_round)
        produce.release(produced, this_round, chosen.to)
    place = rounds.place_of_edition(this_round, chosen.edition, chosen.audience)
    print(place / index.name)


def _pdf(chosen: argparse.Namespace) -> None:
    from nldtib import report, rounds

    print(report.printed(rounds.read(chosen.round), chosen.edition, chosen.language))


def _questionnaire(chosen: argparse.Namespace) -> None:
    from nldtib import codebook, questionnaire, rounds

    root, name = rounds.project_root(), Path(chosen.round).name
    parameters = rounds.read_parameters(name, root)
    book = rounds.read_codebook(name, root)
    content = questionnaire.written(book, chosen.to, parameters.published_on, chosen.language)
    ending = questionnaire.ENDINGS[chosen.to]
    out = chosen.out or Path(f"questionnaire_{name}_{chosen.to}.{ending}")
    out.write_bytes(content)
    for question in book.questions.values():
        print(f"{codebook.minutes(question, book):5.1f} min  {question.code}")
    print(f"{codebook.minutes_together(book):5.1f} min  {len(book.questions)} questions together")
    print(out)


def _compare(chosen: argparse.Namespace) -> None:
    from nldtib import report, rounds

    print(report.comparison(rounds.project_root(), chosen.first, chosen.second))


def _step(name: str) -> None:
    print(f"{name} ...", file=sys.stderr, flush=True)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="nldtib", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")

    demo = commands.add_parser("demo", help="write the invented round under data/demo/")
    demo.add_argument("--seed", type=int, default=2026, help="another seed, another twin")
    demo.set_defaults(run=_demo)

    read = commands.add_parser("read", help="read one survey export into the long table")
    read.add_argument("file", type=Path, help="the export as the survey tool wrote it")
    read.add_argument(
        "--codebook", type=Path, help="codebook.yml or codebook.json; an archive brings its own"
    )
    read.add_argument("--out", type=Path, required=True, help="where the long table goes")
    read.add_argument("--encoding", default="", help="of an old file, as in cp1252")
    read.add_argument("--largest", type=int, default=100_000_000, help="most bytes accepted")
    read.add_argument(
        "--reader", choices=("own", "pspp"), default="own", help="what reads a malformed .sav"
    )
    read.set_defaults(run=_read)

    for name, run, help_text in (
        ("check", _check, "say whether a round is complete and readable; nothing is written"),
        ("produce", _produce, "turn a raw round into protected cells"),
        ("report", _report, "turn the cells of an edition into pages"),
        ("run", _run, "check, produce and report in one go, as a scheduler calls it"),
    ):
        command = commands.add_parser(name, help=help_text)
        command.add_argument(
            "round", nargs="?", default=DEMO, help="name under data/rounds/, or path"
        )
        if name != "check":
            _add_edition(command)
        if name in ("produce", "run"):
            command.add_argument(
                "--to", action="append", default=[], metavar="NAME", help="who receives this draft"
            )
        if name == "report":
            command.add_argument("notebooks", nargs="*", help="only these notebooks")
        command.set_defaults(run=run)
    _add_pdf(commands)
    _add_questionnaire(commands)
    compared = commands.add_parser(
        "compare", help="show the figures that changed between two editions, as HTML and CSV"
    )
    compared.add_argument("first", metavar="A", help="ROUND/EDITION, as in 2026/draft-1, or path")
    compared.add_argument("second", metavar="B", help="the edition to compare it with")
    compared.set_defaults(run=_compare)
    return parser


def _add_edition(command: argparse.ArgumentParser) -> None:
    command.add_argument("--edition", required=True, help="name of the edition, as in first")
    command.add_argument(
        "--audience",
        choices=AUDIENCES,
        default=PUBLIC,
        help="analyst: unprotected figures, kept beside the records",
    )


def _add_pdf(commands: argparse._SubParsersAction) -> None:
    pdf = commands.add_parser(
        "pdf", help="print the pages of an edition as one tagged PDF, through Chromium"
    )
    pdf.add_argument("round", nargs="?", default=DEMO, help="name under data/rounds/, or path")
    pdf.add_argument("--edition", required=True, help="name of the edition, as in first")
    pdf.add_argument("--language", default="", help="nl or en; the first of the round if not said")
    pdf.set_defaults(run=_pdf)


def _add_questionnaire(commands: argparse._SubParsersAction) -> None:
    write = commands.add_parser(
        "questionnaire", help="write the questionnaire of a round, and how long it takes"
    )
    write.add_argument("round", nargs="?", default=DEMO, help="number of the round, or path")
    write.add_argument("--to", required=True, choices=("limesurvey", "xlsform", "docx"))
    write.add_argument("--out", type=Path, help="where the file goes; by default it is put here")
    write.add_argument("--language", choices=("nl", "en"), default="nl", help="of the document")
    write.set_defaults(run=_questionnaire)


if __name__ == "__main__":
    sys.exit(main())
