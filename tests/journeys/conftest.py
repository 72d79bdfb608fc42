"""Fixtures: the application with its own server, and real browsers to visit it with."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from email import message_from_bytes
from email.policy import default
from functools import partial
from pathlib import Path
from typing import Any
from urllib.error import URLError
from urllib.request import urlopen

import pytest
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Error, Locator, Page, expect, sync_playwright

from forum.demo.actions import PASSWORD, SIGN_INS
from tests.built import copy_of_built, today
from tests.first_load import chromium_program
from tests.served import free_port

FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
DEMO = {role: email for role, email, _ in SIGN_INS}
PATIENCE = 30_000  # milliseconds; a busy machine is slow, not wrong
expect.set_options(timeout=PATIENCE)


@dataclass
class Site:
    """A running site: its URL, its instance folder, the addresses of its pages by name."""

    url: str
    folder: Path
    places: dict[str, str]
    cookies: dict[str, Any] = field(default_factory=dict)

    def mail_to(self, address: str) -> str:
        """Return the text of the newest mail to an address, once the jobs process has sent it."""
        for _ in range(PATIENCE // 100):
            mails = [message_from_bytes(file.read_bytes(), policy=default) for file in self._mails()]
            if matches := [mail for mail in mails if mail["To"] == address]:
                return str(matches[-1].get_body(("plain",)).get_content())  # type: ignore[union-attr]
            time.sleep(0.1)
        raise AssertionError(f"no mail to {address}")

    def _mails(self) -> list[Path]:
        return sorted((self.folder / "mail").glob("*.eml"), key=lambda file: file.stat().st_mtime_ns)


def _environment(folder: Path, port: int) -> dict[str, str]:
    return {
        **{name: value for name, value in os.environ.items() if not name.startswith("FORUM_")},
        "FORUM_INSTANCE": str(folder),
        "FORUM_PORT": str(port),
        # Limits are counted in each process.
        "FORUM_WORKERS": "1",
        "FORUM_LOG_LEVEL": "WARNING",
    }


@pytest.fixture(scope="session")
def program() -> str:
    """Return where Chromium is. Without one the journeys are skipped; with CI=true they fail."""
    path = chromium_program()
    if path is None and os.environ.get("CI") == "true":
        pytest.fail("Chromium is missing; with CI=true that is a failure.")
    return path or pytest.skip("no Chromium on this machine")


@pytest.fixture(scope="session")
def site(program: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """Run `forum serve` on its own port and folder, with the community of world.py."""
    with running_site(tmp_path_factory.mktemp("site") / "instance", "world") as served:
        yield served


@contextmanager
def running_site(folder: Path, world: str) -> Iterator[Site]:
    """Run `forum serve` with the community that a module of the journeys builds."""
    port, build = free_port(), partial(_build_world, world)
    copy_of_built(
        folder, f"journeys-{world}", build, "tests/journeys/world*.py", "tests/journeys/texts.py", day=today()
    )
    with (folder / "log").open("wb") as log:
        server = subprocess.Popen(
            [sys.executable, "-m", "forum.cli", "serve"],
            env=_environment(folder, port),
            stdout=log,
            stderr=subprocess.STDOUT,
        )
        try:
            served = Site(f"http://127.0.0.1:{port}", folder, json.loads((folder / "places.json").read_text()))
            _wait_for(served, server)
            yield served
        finally:
            server.terminate()
            server.wait(timeout=60)
    # An error behind a page that looked right.
    log_text = (folder / "log").read_text()
    assert "Traceback" not in log_text and "ERROR" not in log_text, log_text[-4000:]


def _build_world(world: str, folder: Path) -> None:
    subprocess.run([sys.executable, "-m", f"tests.journeys.{world}"], env=_environment(folder, 8000), check=True)


def _wait_for(site: Site, server: "subprocess.Popen[bytes]") -> None:
    while server.poll() is None:
        try:
            with urlopen(f"{site.url}/rules", timeout=PATIENCE / 1000):
                return
        except URLError:
            time.sleep(0.1)
    raise AssertionError((site.folder / "log").read_text()[-4000:])


@pytest.fixture(scope="session")
def chromium(program: str) -> Iterator[Browser]:
    """Run one Chromium."""
    with (
        sync_playwright() as playwright,
        closing(playwright.chromium.launch(executable_path=program, args=FLAGS)) as browser,
    ):
        yield browser


@pytest.fixture(scope="session", autouse=True)
def _clicks_that_wait() -> Iterator[None]:
    """Let a click return when the page that it leads to has loaded, so that what is counted next is all there.

    Playwright's own returns when the new page begins, and half a page may be read then. Its `wait_for_load_state` waits
    for ever on a page that Back has shown as it was left.
    """
    click = Locator.click

    def click_and_wait(locator: Locator, **options: Any) -> None:
        click(locator, **options)
        while not (locator.page.is_closed() or _has_loaded(locator.page)):
            time.sleep(0.01)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Locator, "click", click_and_wait)
        yield


def _has_loaded(page: Page) -> bool:
    try:
        return bool(page.evaluate("document.readyState") == "complete")
    except Error:  # it gives way to another page
        return False


class Windows:
    """Browser contexts: each journey opens its own, and the tour of all pages reuses one per member."""

    def __init__(self, site: Site, chromium: Browser) -> None:
        self.site, self.chromium = site, chromium
        self.reused: dict[str | None, BrowserContext] = {}
        self.opened: list[BrowserContext] = []
        self.complaints: list[str] = []

    def visit(
        self, member: str | None = None, *, scripts: bool = True, width: int = 1280, reuse: bool = False, **options: Any
    ) -> Page:
        """Open a page as a stranger or, by name, as a member; `reuse` keeps one context per member."""
        context = self.reused.get(member) if reuse else None
        if context is None:
            context = self._open(
                java_script_enabled=scripts,
                viewport={"width": width, "height": 800},
                # No smooth scrolling: where a jump leads is where the page is.
                reduced_motion="reduce",
                **options,
            )
            if reuse:
                self.reused[member] = context
            else:
                self.opened.append(context)
        context.clear_cookies()
        if member:
            _sign_in(self.site, context, member)
        return context.new_page()

    def _open(self, **options: Any) -> BrowserContext:
        context = self.chromium.new_context(**{"base_url": self.site.url, **options})
        context.set_default_timeout(PATIENCE)
        context.on("console", lambda message: self.complaints.extend(_complaint(message)))
        context.on("weberror", lambda error: self.complaints.append(str(error.error)))
        return context

    def close(self) -> None:
        """Close what one test opened."""
        for context in self.opened:
            context.close()
        for context in self.reused.values():
            for page in context.pages:
                page.close()
        self.opened.clear()


@pytest.fixture(scope="session")
def windows(site: Site, chromium: Browser) -> Windows:
    """Return the contexts of the session."""
    return Windows(site, chromium)


@pytest.fixture
def visit(windows: Windows) -> Iterator[Callable[..., Page]]:
    """Return visit: visit() opens a page as a stranger, visit("ines") as a member, scripts=False without JavaScript.

    No page may leave an error in the console, which covers violations of the content security policy.
    """
    windows.complaints.clear()
    yield windows.visit
    windows.close()
    assert not windows.complaints, windows.complaints


@contextmanager
def chromium_with_page_cache(program: str, chromium: Browser) -> Iterator[Browser]:
    """Run another Chromium, whose Back shows the page as it was left, as people's browsers do."""
    off = ["--disable-back-forward-cache"]
    launch = chromium.browser_type.launch
    with closing(launch(executable_path=program, args=FLAGS, ignore_default_args=off)) as browser:
        yield browser


@pytest.fixture(scope="module")
def caching_chromium(program: str, chromium: Browser) -> Iterator[Browser]:
    """Run that Chromium for the tests of a module."""
    with chromium_with_page_cache(program, chromium) as browser:
        yield browser


@pytest.fixture
def go(site: Site, caching_chromium: Browser) -> Iterator[Callable[..., Page]]:
    """Return what `visit` is, in that Chromium."""
    windows = Windows(site, caching_chromium)
    yield windows.visit
    windows.close()
    assert not windows.complaints, windows.complaints


def _complaint(message: ConsoleMessage) -> list[str]:
    """Return an error of the console, unless it only reports the status of the page itself, such as a 404."""
    is_own_status = message.page is not None and message.location.get("url") == message.page.url
    if message.type not in ("error", "warning") or (
        is_own_status and "the server responded with a status of" in message.text
    ):
        return []
    return [f"{message.text} ({message.location.get('url')})"]


def _sign_in(site: Site, context: BrowserContext, member: str) -> None:
    """Sign in by the form once; later visits use the same cookies."""
    if member not in site.cookies:
        page = context.new_page()
        sign_in(page, member)
        site.cookies[member] = context.cookies()
        page.close()
    context.add_cookies(site.cookies[member])


def sign_in(page: Page, member: str) -> None:
    """Fill the sign-in form, opening it first unless the page has it."""
    if not page.get_by_label("E-mail", exact=True).count():
        page.goto("/sign-in")
    page.get_by_label("E-mail", exact=True).fill(
        DEMO.get(member, member if "@" in member else f"{member}@walkers.example")
    )
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_load_state()
