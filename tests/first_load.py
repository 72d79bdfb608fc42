"""What a browser loads at its first visit to a page, with an empty cache."""

import shutil
from typing import NamedTuple

from playwright.sync_api import Page, sync_playwright

MAX_REQUESTS = 8
MAX_SIZE = 110_000  # bytes


class FirstLoad(NamedTuple):
    """The requests of a first visit, and the bytes of all answers as they were sent, with their headers."""

    requests: int
    size: float

    @property
    def is_light(self) -> bool:
        """Return whether it stays within the marks."""
        return self.requests <= MAX_REQUESTS and self.size <= MAX_SIZE


def first_load(page: Page, address: str) -> FirstLoad:
    """Open a page in a window that has loaded nothing yet."""
    sizes: list[float] = []
    wire = page.context.new_cdp_session(page)
    wire.on("Network.loadingFinished", lambda event: sizes.append(event["encodedDataLength"]))
    wire.send("Network.enable")
    page.goto(address, wait_until="networkidle")
    page.evaluate("document.fonts.ready")
    return FirstLoad(len(sizes), sum(sizes))


def first_loads(addresses: dict[str, str]) -> dict[str, FirstLoad]:
    """Open each page in a new window. Returns nothing where there is no Chromium."""
    if (program := chromium_program()) is None:
        return {}
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=program, args=["--no-sandbox"])
        try:
            return {name: first_load(chromium.new_page(), address) for name, address in addresses.items()}
        finally:
            chromium.close()


def chromium_program() -> str | None:
    """Return where Chromium is on this machine."""
    return shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
