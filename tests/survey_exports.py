"""Small writers of what survey tools export, made after the tools and not after our readers.

Every writer takes the same responses: a dict per response from heading by code to text, None for
what was never stored. They write only; what comes back is the business of the tests.
"""

import html
import io
import json
import re
import zipfile
from datetime import datetime, timedelta
from xml.sax.saxutils import escape, quoteattr

import openpyxl
import pandas as pd
import pyreadstat

from nldtib.records.load import choices, expected

OWN = {
    "id": "Respons-ID",
    "submitdate": "Datum verzonden",
    "lastpage": "Laatste pagina",
    "startlanguage": "Begin taal",
    "seed": "Plaats",
}
CHOICES = ("single", "single_with_comment", "ranking", "array_single", "array_dual_scale")
LETTERS = {
    **{"text": "S", "text_long": "T", "texts": "Q", "number": "N", "numbers": "K", "date": "D"},
    **{"multiple": "M", "multiple_with_comment": "P", "yes_no": "Y", "ranking": "R"},
    **{"single_with_comment": "O", "array_text": ";", "array_number": ":", "array_single": "F"},
    "array_dual_scale": "1",
}


def letter(question):
    """Return the tool's letter for a type; a list with another answer is a radio list."""
    return LETTERS.get(question.type) or ("L" if question.other else "!")


def columns_of(book):
    return {column.heading: column for column in expected.columns(book)}


# --- LimeSurvey, on the screen


def texts(book, headings, length=None):
    """Headings in full text, or every part cut to a length with two dots and a space."""

    def cut(text):
        text = html.unescape(text)
        return text if length is None or len(text) <= length else text[:length] + ".. "

    found = []
    for heading in headings:
        column = columns_of(book).get(heading)
        if column is None:
            found.append(OWN[heading])
            continue
        whole = column.texts[0]
        rest = whole[len(column.question.label.nl) :].strip()
        parts = re.findall(r"\[([^\]]*)\]", rest)
        brackets = "".join(f"[{cut(part)}]" for part in parts)
        found.append(
            f"{cut(column.question.label.nl)} {brackets}"
            if parts
            else cut(column.question.label.nl)
        )
    return found


def full_answers(book, responses):
    """Answers as texts; what was never reached is N/A where the tool says so."""
    return [
        {heading: _full(columns_of(book).get(heading), text) for heading, text in row.items()}
        for row in responses
    ]


def _full(column, text):
    if column is None or column.part != "answer":
        return text
    kind = choices.kind(column)
    if kind in ("tick", "yes_no"):
        if text is None:
            return "N/A"
        words = {"Y": "Ja", "N": "Nee", "": "Nee" if kind == "tick" else "N/A"}
        return words[text]
    if kind == "choice" and text:
        labels = {item.code: item.label.nl for item in choices.items(column)}
        return labels.get(text, "Overige")
    return (
        "" if kind == "choice" and text is None and column.question.type.startswith("arr") else text
    )


def converted(book, responses, yes="1", no="2"):
    """Y and N as numbers, and with them every blank of a yes-or-no or multiple-choice question."""

    def change(column, text):
        if column is None or column.question.type not in (
            "multiple",
            "multiple_with_comment",
            "yes_no",
        ):
            return text
        return {"Y": yes, "N": no, "": no}.get(text, text)

    every = columns_of(book)
    return [{h: change(every.get(h), text) for h, text in row.items()} for row in responses]


def marked(book, responses, no_answer="-99", empty="-98"):
    """Return answers with a code in place of what was never stored, and of what was left blank."""

    def change(column, text):
        numbered = column is not None and choices.kind(column) not in ("tick", "yes_no", "date")
        return {None: no_answer, "": empty}.get(text, text) if numbered else text

    every = columns_of(book)
    return [{h: change(every.get(h), text) for h, text in row.items()} for row in responses]


def csv(headings, responses, separator=",", codec="utf-8-sig", empty_line=False):
    def field(text):
        return "" if text is None else '"' + text.replace('"', '""') + '"'

    lines = [headings, *(row.values() for row in responses)]
    whole = "".join(separator.join(map(field, line)) + "\r\n" for line in lines)
    return (whole + "\r\n" * empty_line).encode(codec)


def xlsx(headings, responses):
    """Return a workbook in which every text that looks like a number is one."""
    book = openpyxl.Workbook()
    book.active.append(headings)
    for row in responses:
        book.active.append([_as_number(text) for text in row.values()])
    stream = io.BytesIO()
    book.save(stream)
    return stream.getvalue()


def _as_number(text):
    if text and re.fullmatch(r"-?(0|[1-9][0-9]*)", text):
        return int(text)
    if text and re.fullmatch(r"-?(0|[1-9][0-9]*)\.[0-9]+", text):
        return float(text)
    return text or None


def as_json(headings, responses, ascii_only=True):
    rows = [dict(zip(headings, row.values(), strict=True)) for row in responses]
    for row in rows:
        first = next(iter(row))
        row[first] = int(row[first]) if row[first].isdigit() else row[first]
    return json.dumps({"responses": rows}, ensure_ascii=ascii_only).encode()


def vv(book, responses, version=2):
    """Two rows of headings, tabs, and marks in place of what a cell cannot hold."""
    headings = list(responses[0])
    second = [underscored(heading, 0) for heading in headings]
    if version == 1:
        second = [sgqa(book, heading) for heading in headings]
    first = texts(book, headings)
    if version == 1:
        every = columns_of(book)
        first = [
            every[h].question.label.nl if h in every else text
            for h, text in zip(headings, first, strict=True)
        ]

    def mark(text):
        if text is None:
            return "{question_not_shown}"
        text = text.strip().replace("{", "{lbrace}")
        for raw, word in (("\n", "{newline}"), ("\r", "{cr}"), ("\t", "{tab}")):
            text = text.replace(raw, word)
        return re.sub('^"', "{quote}", text)

    def field(text):
        special = re.search('[\t" \n\r\\\\]', text)
        return '"' + text.replace('"', '""') + '"' if special else text

    lines = [first, second, *([mark(text) for text in row.values()] for row in responses)]
    return "".join("\t".join(map(field, line)) + "\n" for line in lines).encode()


def underscored(heading, scale_from):
    """Return a heading as ExpressionScript writes it; scales count from 0 or 1."""
    dual = re.fullmatch(r"(\w+)\[(\w+)\]\[([12])\]", heading)
    if dual:
        return f"{dual[1]}_{dual[2]}_{int(dual[3]) - 1 + scale_from}"
    return heading.replace("[", "_").replace("]", "")


def sgqa(book, heading):
    """Return the tool's own field name: survey, group, question, and what is in brackets."""
    column = columns_of(book).get(heading)
    if column is None:
        return heading
    number = 17 + 7 * list(book.questions).index(column.question.code)
    rest = heading.removeprefix(column.question.code).replace("][", "#").strip("[]")
    dual = re.fullmatch(r"(\w+)#([12])", rest)
    rest = f"{dual[1]}#{int(dual[2]) - 1}" if dual else rest
    return f"531234X7X{number}{rest}"


# --- LimeSurvey, the archive


def lsa(book, responses, people=()):
    """Structure, answers and participants in one zip file."""
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("survey_531234.lss", _lss(book))
        fields = {sgqa(book, heading): heading for heading in responses[0]}
        rows = [
            {_tag(field): row[heading] for field, heading in fields.items()} for row in responses
        ]
        archive.writestr(
            "survey_531234_responses.lsr", _document("Responses", _table("responses", rows))
        )
        if people:
            archive.writestr("survey_531234_tokens.lst", _document("T", _table("tokens", people)))
    return stream.getvalue()


def _tag(field):
    return ("_" if field[0].isdigit() else "") + field.replace("#", "-")


def _document(kind, body):
    head = f"<LimeSurveyDocType>{kind}</LimeSurveyDocType><DBVersion>627</DBVersion>"
    return f'<?xml version="1.0" encoding="UTF-8"?>\n<document>{head}{body}</document>'


def _table(name, rows):
    def field(tag, text):
        inside = f"<![CDATA[{text.replace(']]>', ']] >')}]]>" if text else ""
        return f"<{tag}>{inside}</{tag}>"

    body = "".join(
        "<row>" + "".join(field(t, x) for t, x in row.items() if x is not None) + "</row>"
        for row in rows
    )
    return f"<{name}><fields/><rows>{body}</rows></{name}>"


def _lss(book):
    questions, under, answers, answer_texts, question_texts = [], [], [], [], []
    counter = iter(range(900, 10_000))
    for place, question in enumerate(book.questions.values()):
        qid = 17 + 7 * place
        questions.append(
            {
                "qid": str(qid),
                "parent_qid": "0",
                "gid": "7",
                "type": letter(question),
                "title": question.code,
                "other": "NY"[question.other],
                "mandatory": "NY"[question.mandatory],
                "question_order": str(place),
                "relevance": question.relevance or "1",
            }
        )
        own = [(qid, question.label)]
        across = [(f"J{year}", str(year)) for year in question.years]
        for scale, parts in ((0, [(i.code, i.label) for i in question.items]), (1, across)):
            for order, (code, label) in enumerate(parts):
                number = next(counter)
                under.append(
                    {
                        "qid": str(number),
                        "parent_qid": str(qid),
                        "title": code,
                        "question_order": str(order),
                        "scale_id": str(scale),
                    }
                )
                own.append((number, label))
        for scale, items in ((0, question.answers), (1, question.answers_scale_2)):
            for order, item in enumerate(items):
                number = next(counter)
                answers.append(
                    {
                        "aid": str(number),
                        "qid": str(qid),
                        "code": item.code,
                        "sortorder": str(order),
                        "scale_id": str(scale),
                    }
                )
                answer_texts += [
                    {"aid": str(number), "answer": item.label.in_language(x), "language": x}
                    for x in ("nl", "en")
                ]
        question_texts += [
            {
                "qid": str(n),
                "question": t if isinstance(t, str) else t.in_language(x),
                "language": x,
            }
            for n, t in own
            for x in ("nl", "en")
        ]
    groups = [{"gid": "7", "group_order": "0"}]
    tables = (
        ("answers", answers),
        ("answer_l10ns", answer_texts),
        ("groups", groups),
        ("questions", questions),
        ("subquestions", under),
        ("question_l10ns", question_texts),
    )
    return _document("Survey", "".join(_table(name, rows) for name, rows in tables))


# --- LimeSurvey, for statistics programs


def stata_xml(book, responses):
    """Labels in place of letter codes, a point for a comma, dates as numbers, no NULL."""
    every = columns_of(book)
    headings = [heading for heading in responses[0] if heading != "seed"]
    names = {heading: underscored(heading, 1) for heading in headings}
    rows = []
    for number, row in enumerate(responses):
        cells = "".join(
            f"<v varname={quoteattr(names[h])}>{_xml(_stata(every.get(h), h, row[h]))}</v>"
            for h in headings
        )
        rows.append(f'<o num="{number}">{cells}</o>')
    variables = "".join(f"<variable varname={quoteattr(names[h])}/>" for h in headings)
    yes_no = [h for h in headings if h in every and every[h].question.type == "yes_no"]
    sets = "".join(f'<lblname varname="{names[h]}">vall</lblname>' for h in yes_no)
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n<dta><header/><descriptors>'
        f"<varlist>{variables}</varlist><lbllist>{sets}</lbllist></descriptors>"
        f'<data>{"".join(rows)}</data><value_labels><vallab name="vall">'
        '<label value="1">Ja</label><label value="2">Nee</label></vallab></value_labels></dta>'
    ).encode()


def _xml(text):
    return escape(text, {"\r": "&#13;"})


def _stata(column, heading, text):
    text = (text or "").strip()
    if not text or heading in ("id", "lastpage", "startlanguage"):
        return text
    if heading == "submitdate" or column.question.type == "date":
        seconds = (datetime.fromisoformat(text) - datetime(1960, 1, 1)) / timedelta(seconds=1)
        return f"{seconds * 1000:.0f}" if heading == "submitdate" else f"{seconds:.0f}"
    if column.part == "answer" and column.question.type == "yes_no":
        return {"Y": "1", "N": "0"}[text]
    if column.part == "answer" and column.question.type in CHOICES:
        letters = any(not item.code.isdigit() for item in choices.items(column))
        labels = {item.code: item.label.nl for item in choices.items(column)}
        if letters and letter(column.question) != "L":
            return labels.get(text, text)
    if re.fullmatch(r"-?[0-9]+,[0-9]+", text):
        return text.replace(",", ".")
    return text


def spss_pair(book, responses, no_answer="", empty="", longest=16384):
    """Return data with apostrophes and no headings, and the syntax that names and labels them."""
    every = columns_of(book)
    headings = list(responses[0])
    lines = ["\ufeff"]
    for row in responses:
        cells = [_dat(every.get(h), h, row[h], no_answer, empty, longest) for h in headings]
        lines.append(",".join(cells) + "\n")
    syntax = ["\ufeff*$Rev: 121017 $  2.", "SET UNICODE=ON.", "GET DATA", " /TYPE=TXT"]
    syntax += [" /FILE='survey_531234_SPSS_data_file.dat'", ' /QUALIFIER="\'"', " /VARIABLES="]
    syntax += [f" V{n} A{longest}" for n, _ in enumerate(headings, 1)]
    syntax[-1] += "."
    syntax += ["CACHE.", "EXECUTE.", "*Define Value labels."]
    for number, heading in enumerate(headings, 1):
        syntax += _value_labels(number, every.get(heading))
    syntax += [f"RENAME VARIABLES ( V{n} = {hashed(h)} )." for n, h in enumerate(headings, 1)]
    return "".join(lines).encode(), "\n".join([*syntax, "RESTORE LOCALE.", ""]).encode()


def hashed(heading):
    dual = re.fullmatch(r"(\w+)\[(\w+)\]\[([12])\]", heading)
    return f"{dual[1]}_{dual[2]}#{int(dual[3]) - 1}" if dual else underscored(heading, 0)


def _value_labels(number, column):
    kind = choices.kind(column) if column else "text"
    labels = {"tick": {"1": "Ja", "0": "Niet geselecteerd"}, "yes_no": {"1": "Ja", "2": "Nee"}}
    found = labels.get(kind, {})
    if kind == "choice":
        found = {f'"{i.code}"': i.label.nl.replace('"', "''") for i in choices.items(column)}
    rows = [f' {code} "{label}"' for code, label in found.items()]
    return [f"VALUE LABELS  V{number}", *rows[:-1], rows[-1] + "."] if rows else []


def _dat(column, heading, text, no_answer, empty, longest):
    if heading == "submitdate" or (column and column.question.type == "date"):
        if not text:
            return no_answer if text is None else empty
        return f"'{datetime.fromisoformat(text):%d-%m-%Y %H:%M:%S}'"
    kind = choices.kind(column) if column else "text"
    if kind == "tick":
        return no_answer if text is None else f"'{int(text == 'Y')}'"
    if kind == "yes_no":
        return {"Y": "'1'", "N": "'2'", None: no_answer}.get(text, empty)
    if text is None:
        return no_answer
    flat = re.sub(r"[\r\n]", "", re.sub(r"<[^>]*>", "", text))[:longest].strip()
    return "'" + flat.replace("'", "''") + "'" if flat else empty


def r_pair(book, responses):
    """Return the export for R: as for SPSS, with headings in capitals that name nothing."""
    data, _ = spss_pair(book, responses)
    text = data.decode("utf-8-sig").replace('"', '""')
    rows = "\n".join(
        re.sub(r"'((?:[^']|'')*)'", lambda m: '"' + m[1].replace("''", "'") + '"', line)
        for line in text.split("\n")
    )
    headings = list(responses[0])
    head = ",".join(f'"{sgqa(book, h).upper()}"' for h in headings)
    syntax = 'data <- read.csv("survey_531234_R_data_file.csv", quote = "\'\\"")\n'
    for number, heading in enumerate(headings, 1):
        column = columns_of(book).get(heading)
        kind = choices.kind(column) if column else "text"
        if kind in ("tick", "yes_no"):
            levels, labels = ("1,0", '"Ja","Niet geselecteerd"')
            if kind == "yes_no":
                levels, labels = ("1,2", '"Ja","Nee"')
            syntax += f"data[, {number}] <- factor(data[, {number}], levels=c({levels}),"
            syntax += f"labels=c({labels}))\n"
        syntax += f'names(data)[{number}] <- "{hashed(heading)}"\n'
    return ("\ufeff" + head + "\n" + rows).encode(), syntax.encode()


def sav(book, responses, path, codes, compress=False):
    """Return an SPSS file of the round itself, with codes that are declared missing.

    `codes` gives the number that stands for each status.
    """
    every = columns_of(book)
    headings = [h for h in responses[0] if h in every or h == "id"]
    table, labels, ranges = {}, {}, {}
    words = {"refused": "Weigert", "dont_know": "Weet niet", "not_applicable": "N.v.t."}
    for heading in headings:
        column, name = every.get(heading), underscored(heading, 1)
        cells = [row[heading] for row in responses]
        kind = choices.kind(column) if column else "text"
        if kind in ("typed", "stored"):
            table[name] = [codes.get(x, x) if x else None for x in cells]
            table[name] = pd.Series(table[name], dtype=object).astype(float)
            labels[name] = {float(code): words[status] for status, code in codes.items()}
            ranges[name] = [float(code) for code in codes.values()]
        else:
            table[name] = [x or "" for x in cells]
    write = {"variable_value_labels": labels, "missing_ranges": ranges, "row_compress": compress}
    pyreadstat.write_sav(pd.DataFrame(table), str(path), **write)


# --- other tools


def qualtrics(book, responses, texts_of_answers=False, separator=",", codec="utf-8-sig"):
    """Three heading rows; a multiple choice in one cell, numbered in the order of its items."""
    every = columns_of(book)
    tags = {"StartDate": [], "Status": [], "Finished": [], "ResponseId": [], "UserLanguage": []}
    heads = {tag: tag for tag in tags}
    several = {}
    for heading in responses[0]:
        column = every.get(heading)
        if column is None:
            continue
        if choices.kind(column) == "tick":
            several.setdefault(column.question.code, []).append(heading)
            tags.setdefault(column.question.code, [])
            heads[column.question.code] = column.question.label.nl
        else:
            tags[underscored(heading, 1)] = []
            text = column.texts[0].replace("][", " - ").replace(" [", " - ").rstrip("]")
            heads[underscored(heading, 1)] = text.replace(" - ", " -\n", 1)
    lines = []
    for row in responses:
        line = {
            "StartDate": "2026-09-08 10:00:00",
            "Status": "0" if not texts_of_answers else "IP-adres",
            "Finished": str(int(row["submitdate"] is not None)),
            "ResponseId": row["id"],
            "UserLanguage": (row["startlanguage"] or "").upper(),
        }
        for code, headings in several.items():
            ticked = [n for n, h in enumerate(headings) if row[h] == "Y"]
            names = [
                every[h].label.nl if texts_of_answers else str(n + 1)
                for n, h in enumerate(headings)
            ]
            line[code] = ",".join(names[n] for n in ticked)
        for heading in row.keys() & every.keys():
            if choices.kind(every[heading]) != "tick":
                line[underscored(heading, 1)] = row[heading] or ""
        lines.append([line[tag] for tag in tags])
    preview = [{"Status": "1", "ResponseId": "R_preview", "Finished": "1"}.get(t, "") for t in tags]
    imports = [json.dumps({"ImportId": f"QID{n}"}) for n, _ in enumerate(tags)]
    rows = [list(tags), [heads[tag] for tag in tags], imports, preview, *lines]
    quoted = (separator.join('"' + x.replace('"', '""') + '"' for x in row) for row in rows)
    return ("\n".join(quoted) + "\n").encode(codec)


def triple_s(book, responses, fixed=True):
    """Return a definition in XML and data of fixed width, or with commas."""
    every = columns_of(book)
    singles = ["id", *(h for h, c in every.items() if choices.kind(c) != "tick")]
    several = {}
    for heading, column in every.items():
        if choices.kind(column) == "tick":
            several.setdefault(column.question.code, []).append(heading)
    variables, cells = [], []
    for heading in singles:
        column = every.get(heading)
        texts_ = [(row[heading] or "").replace("\n", " ") for row in responses]
        kind = "quantity" if column and choices.kind(column) == "stored" else "character"
        variables.append((underscored(heading, 1), kind, [], max(map(len, texts_)) or 1))
        cells.append(texts_)
    for code, headings in several.items():
        values = [(str(n), every[h].label.nl) for n, h in enumerate(headings, 1)]
        variables.append((code, "multiple", values, len(headings)))
        cells.append(["".join("01"[row[h] == "Y"] for h in headings) for row in responses])
    xml, start = [], 1
    for number, (name, kind, values, width) in enumerate(variables, 1):
        place = f'start="{start}" finish="{start + width - 1}"' if fixed else f'start="{number}"'
        inside = "".join(f'<value code="{c}">{escape(x)}</value>' for c, x in values)
        xml.append(
            f'<variable ident="{number}" type="{kind}"><name>{name}</name><label>x</label>'
            f"<position {place}/>"
            + (f"<values>{inside}</values>" if values else "")
            + "</variable>"
        )
        start += width
    form = "fixed" if fixed else "csv"
    definition = (
        f'<?xml version="1.0"?>\n<sss version="2.0"><survey><record ident="A" format="{form}">'
        f"{''.join(xml)}</record></survey></sss>"
    )
    widths = [width for *_, width in variables]
    rows = zip(*cells, strict=True)
    if fixed:
        lines = ["".join(t.ljust(w) for t, w in zip(row, widths, strict=True)) for row in rows]
    else:
        lines = [",".join('"' + t.replace('"', '""') + '"' for t in row) for row in rows]
    return definition.encode(), ("\r\n".join(lines) + "\r\n").encode()


def parquet(responses):
    stream = io.BytesIO()
    pd.DataFrame(responses, dtype=object).to_parquet(stream)
    return stream.getvalue()
