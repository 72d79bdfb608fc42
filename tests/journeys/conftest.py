"""Fixtures: the real application with its own server, and real browsers to visit it with."""

import json
import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass, field
from email import message_from_bytes
from email.policy import default
from pathlib import Path
from typing import Any
from urllib.error import URLError
from urllib.request import urlopen

import pytest
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, expect, sync_playwright

from forum.demo.actions import PASSWORD, SIGN_INS

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
    """A running site: where it is, its folder, the addresses of its pages by name."""

    url: str
    folder: Path
    places: dict[str, str]
    cookies: dict[str, Any] = field(default_factory=dict)

    def mail_to(self, address: str) -> str:
        """The text of the newest mail to an address; it is sent by the worker, so a moment passes."""
        until = time.monotonic() + 15
        while time.monotonic() < until:
            mails = [message_from_bytes(file.read_bytes(), policy=default) for file in self._mails()]
            if found := [mail for mail in mails if mail["To"] == address]:
                return str(found[-1].get_body(("plain",)).get_content())  # type: ignore[union-attr]
            time.sleep(0.1)
        raise AssertionError(f"no mail to {address}")

    def _mails(self) -> list[Path]:
        return sorted((self.folder / "mail").glob("*.eml"), key=lambda file: file.stat().st_mtime_ns)


def _environment(folder: Path, port: int) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("FORUM_")}
    return {
        **kept,
        "FORUM_INSTANCE": str(folder),
        "FORUM_DATABASE_URL": f"sqlite:///{folder / 'forum.sqlite'}",
        "FORUM_PORT": str(port),
        # One process: limits are counted in each.
        "FORUM_WORKERS": "1",
        "FORUM_LOG_LEVEL": "WARNING",
    }


def _free_port() -> int:
    with closing(socket.socket()) as asked:
        asked.bind(("127.0.0.1", 0))
        port: int = asked.getsockname()[1]
        return port


@pytest.fixture(scope="session")
def program() -> str:
    """Where Chromium is. Without one the journeys are skipped, and fail where CI=true."""
    found = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if found is None and os.environ.get("CI") == "true":
        pytest.fail("Chromium is missing; with CI=true that is a failure.")
    return found or pytest.skip("no Chromium on this machine")


@pytest.fixture(scope="session")
def site(program: str, tmp_path_factory: pytest.TempPathFactory, worker_id: str) -> Iterator[Site]:
    """`forum serve` on a port and in a folder of its own, with the community of world.py."""
    folder, port = tmp_path_factory.mktemp("site") / "instance", _free_port()
    here = tmp_path_factory.getbasetemp()
    shutil.copytree(_world(here if worker_id == "master" else here.parent), folder)
    environment = _environment(folder, port)
    with (folder / "log").open("wb") as log:
        server = subprocess.Popen(
            [sys.executable, "-m", "forum.cli", "serve"], env=environment, stdout=log, stderr=subprocess.STDOUT
        )
        try:
            found = Site(f"http://127.0.0.1:{port}", folder, json.loads((folder / "places.json").read_text()))
            _wait_for(found, server)
            yield found
        finally:
            server.terminate()
            server.wait(timeout=20)
    # What went wrong behind a page that looked right.
    said = (folder / "log").read_text()
    assert "Traceback" not in said and "ERROR" not in said, said[-4000:]


def _world(root: Path) -> Path:
    """An instance folder with the community, made by the first worker that comes; the others wait for it."""
    folder, done = root / "world", root / "world is there"
    try:
        folder.mkdir()
    except FileExistsError:
        until = time.monotonic() + 120
        while not done.exists() and time.monotonic() < until:
            time.sleep(0.2)
        assert done.exists(), "the worker that makes the community did not come to an end"
        return folder
    subprocess.run([sys.executable, "-m", "tests.journeys.world"], env=_environment(folder, 8000), check=True)
    done.touch()
    return folder


def _wait_for(site: Site, server: "subprocess.Popen[bytes]") -> None:
    until = time.monotonic() + 90
    while time.monotonic() < until and server.poll() is None:
        try:
            with urlopen(f"{site.url}/rules", timeout=1):
                return
        except URLError:
            time.sleep(0.1)
    raise AssertionError((site.folder / "log").read_text()[-4000:])


@pytest.fixture(scope="session")
def chromium(program: str) -> Iterator[Browser]:
    """A Chromium that runs."""
    with (
        sync_playwright() as playwright,
        closing(playwright.chromium.launch(executable_path=program, args=FLAGS)) as it,
    ):
        yield it


class Windows:
    """The browser's windows: each journey has its own, and the tour of all pages uses one for each member again."""

    def __init__(self, site: Site, chromium: Browser) -> None:
        self.site, self.chromium = site, chromium
        self.kept: dict[str | None, BrowserContext] = {}
        self.own: list[BrowserContext] = []
        self.complaints: list[str] = []

    def visit(
        self, member: str | None = None, *, scripts: bool = True, width: int = 1280, again: bool = False, **given: Any
    ) -> Page:
        """A new page of a stranger or, by name, of a member; `again` in the window that this one had before."""
        context = self.kept.get(member) if again else None
        if context is None:
            context = self._open(
                java_script_enabled=scripts,
                viewport={"width": width, "height": 800},
                # No smooth scrolling: where a jump leads is where the page is.
                reduced_motion="reduce",
                **given,
            )
            if again:
                self.kept[member] = context
            else:
                self.own.append(context)
        context.clear_cookies()
        if member:
            _sign_in(self.site, context, member)
        return context.new_page()

    def _open(self, **given: Any) -> BrowserContext:
        context = self.chromium.new_context(base_url=self.site.url, **given)
        context.set_default_timeout(PATIENCE)
        context.on("console", lambda message: self.complaints.extend(_complaint(message)))
        context.on("weberror", lambda error: self.complaints.append(str(error.error)))
        return context

    def close(self) -> None:
        """Those of one test."""
        for context in self.own:
            context.close()
        for context in self.kept.values():
            for page in context.pages:
                page.close()
        self.own.clear()


@pytest.fixture(scope="session")
def windows(site: Site, chromium: Browser) -> Windows:
    """All of them."""
    return Windows(site, chromium)


@pytest.fixture
def visit(windows: Windows) -> Iterator[Callable[..., Page]]:
    """visit() is a stranger's page; visit("ines") is signed in; scripts=False is a browser without scripts.

    Nothing that any of them did may have left an error in the console: that covers the content security policy.
    """
    windows.complaints.clear()
    yield windows.visit
    windows.close()
    assert not windows.complaints, windows.complaints


def _complaint(message: ConsoleMessage) -> list[str]:
    """An error in the console, unless it is the page's own status: a 404 page is a page."""
    own = message.page is not None and message.location.get("url") == message.page.url
    if message.type not in ("error", "warning") or (own and "the server responded with a status of" in message.text):
        return []
    return [f"{message.text} ({message.location.get('url')})"]


def _sign_in(site: Site, context: BrowserContext, member: str) -> None:
    """By the form, once; afterwards the same cookies serve."""
    if member not in site.cookies:
        page = context.new_page()
        sign_in(page, member)
        site.cookies[member] = context.cookies()
        page.close()
    context.add_cookies(site.cookies[member])


def sign_in(page: Page, member: str) -> None:
    """Fill the sign-in form, which is opened first unless it is there already."""
    if not page.get_by_label("Work e-mail").count():
        page.goto("/sign-in")
    page.get_by_label("Work e-mail").fill(DEMO.get(member, member if "@" in member else f"{member}@walkers.example"))
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_load_state()
