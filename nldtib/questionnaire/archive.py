"""Office files that are the same bytes every time: archives without the hour of writing."""

import io
import re
import zipfile

EARLIEST = (1980, 1, 1, 0, 0, 0)
WRITTEN_AT = re.compile(rb"(<dcterms:(created|modified)[^>]*>)[^<]*(</dcterms:)")


def still(content: bytes, day: str) -> bytes:
    """Return an office file with every date in it set to `day` (as 2026-11-23)."""
    moment = f"{day}T00:00:00Z".encode()
    result = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(content)) as came,
        zipfile.ZipFile(result, "w", zipfile.ZIP_DEFLATED) as goes,
    ):
        for name in sorted(came.namelist(), key=lambda n: (n != "[Content_Types].xml", n)):
            part = came.read(name)
            if name == "docProps/core.xml":
                part = WRITTEN_AT.sub(rb"\g<1>" + moment + rb"\g<3>", part)
            goes.writestr(zipfile.ZipInfo(name, EARLIEST), part, zipfile.ZIP_DEFLATED)
    return result.getvalue()
