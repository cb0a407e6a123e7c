"""The columns of an export that are no question: of the response, and of who answered."""

import re
from collections.abc import Callable, Sequence

# Code of each column that is no question, with its headings in full text and in other tools.
SYSTEM = {
    "id": ("Respons-ID", "Response ID", "ResponseId", "Antwoord-ID", "respondent_id", "respid")
    + ("case_id", "caseid", "respondentnummer", "volgnummer"),
    "submitdate": ("Datum verzonden", "Date submitted", "Ingezonden op"),
    "lastpage": ("Laatste pagina", "Last page"),
    "startlanguage": ("Begin taal", "Begintaal", "Start language", "UserLanguage"),
    "seed": ("Plaats", "Seed"),
    "startdate": ("Startdatum", "Date started", "StartDate"),
    "datestamp": ("Datum laatste actie", "Date last action"),
    "interviewtime": ("Totale tijd", "Total time"),
}
PERSONAL = {
    "ipaddr": ("IP-adres", "IP address", "IPAddress"),
    "refurl": ("Verwijzende URL", "Referrer URL"),
    "token": ("Toegangscode", "Access code", "Token"),
    "firstname": ("Voornaam", "First name"),
    "lastname": ("Achternaam", "Last name"),
    "email": ("E-mailadres", "E-mail", "Email address", "Email"),
    "emailstatus": ("E-mailstatus", "Email status"),
    "participant_id": ("Deelnemer-ID", "Participant ID"),
    "language": ("Taalcode", "Language code"),
    "sent": ("Uitnodiging verstuurd?", "Invitation sent?", "Invitation sent date"),
    "remindersent": ("Herinnering verstuurd?", "Reminder sent?", "Last reminder sent date"),
    "remindercount": ("Aantal herinneringen", "Reminder count", "Total numbers of sent reminders"),
    "completed": ("Voltooid", "Completed"),
    "usesleft": ("Keren te gebruiken", "Uses left"),
    "validfrom": ("Geldig vanaf", "Valid from"),
    "validuntil": ("Geldig tot", "Valid until"),
    "contactperson": ("Contactpersoon", "Contact person", "Ingevuld door", "Completed by"),
    "telephone": ("Telefoon", "Telefoonnummer", "Telephone", "Phone"),
    "recipient_first_name": ("RecipientFirstName",),
    "recipient_last_name": ("RecipientLastName",),
    "recipient_email": ("RecipientEmail",),
    "external_reference": ("ExternalReference", "ExternalDataReference"),
    "latitude": ("LocationLatitude",),
    "longitude": ("LocationLongitude",),
}
ATTRIBUTE = re.compile(r"(attribute_\d+)\b|attribu(?:te|ut)[ _](\d+)$", re.IGNORECASE)
TIMING = re.compile(r"groupTime\d+")


def settle_leading(
    found: list, headings: Sequence[str], plain: Callable[[str], str], match: Callable
) -> None:
    """Take the first columns of a file for LimeSurvey's own where their text says so.

    LimeSurvey writes its own columns first; only there is "Plaats" the seed.
    """
    texts = {plain(text): code for code, texts in SYSTEM.items() for text in texts}
    taken: set[str] = set()
    for position, heading in enumerate(headings):
        code = texts.get(plain(heading))
        if code is None and (found[position] is None or found[position].kind == "answer"):
            return
        if code is not None and code not in taken:
            found[position] = match("system", (code,), "full question text")
            taken.add(code)
