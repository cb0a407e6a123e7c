"""Pages in a real browser: Chromium without a network, and the axe rules for accessibility."""

import contextlib
import shutil
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
ARGUMENTS = (
    "--no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking "
    "--disable-component-update --disable-sync"
).split()
DESKTOP, NARROW = 1280, 320
# Everything that axe calls a rule of WCAG A or AA, and its advice beyond the rules.
RULES = ("wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice")

needs_chromium = pytest.mark.skipif(CHROMIUM is None, reason="no Chromium is installed")


@dataclass
class Opened:
    """A page in the browser, with every address it asked for besides its own."""

    page: object
    asked: list[str] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)


@contextlib.contextmanager
def chromium() -> Iterator[object]:
    """Start one Chromium; many pages may be opened in it, one after the other."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        yield browser
        browser.close()


@contextlib.contextmanager
def opened(
    browser: object, file: Path, width: int = DESKTOP, javascript: bool = True
) -> Iterator[Opened]:
    """Open one file with the network off."""
    context = browser.new_context(
        viewport={"width": width, "height": 900}, offline=True, java_script_enabled=javascript
    )
    found = Opened(context.new_page())
    address = file.resolve().as_uri()
    found.page.on("request", lambda one: one.url != address and found.asked.append(one.url))
    found.page.on("pageerror", lambda error: found.errors.append(str(error)))
    found.page.on("console", lambda line: found.errors.append(line.text))
    found.page.goto(address, wait_until="load")
    yield found
    context.close()


def violations(opened_page: Opened) -> list[str]:
    """Return what axe finds, one line per place."""
    from axe_playwright_python.sync_playwright import Axe

    options = {"runOnly": {"type": "tag", "values": list(RULES)}, "resultTypes": ["violations"]}
    response = Axe().run(opened_page.page, options=options).response
    return [
        f"{rule['id']}: {node['target']} {node['failureSummary']}"
        for rule in response["violations"]
        for node in rule["nodes"]
    ]
