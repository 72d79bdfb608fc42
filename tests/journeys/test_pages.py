"""Every page is accessible (axe finds no violation at both widths and in both themes) and no wider than the window.

On phones everything is large enough to tap, and no navigation is cut off.
"""

import time
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import axe_core_python
import pytest
from playwright.sync_api import Page, Response

from tests.first_load import first_load
from tests.journeys.conftest import Site
from tests.journeys.places import PLACES, STRANGER, Place
from tests.journeys.targets import cut_off_links, small_targets

pytestmark = pytest.mark.browser

AXE = (Path(axe_core_python.__file__).parent / "axe.min.js").read_text()
FEW = "{exclude: [['.post-row:nth-child(n + 9)'], ['.thread > .comment:nth-child(n + 9)'], ['tr:nth-child(n + 9)']]}"
# Contrast is by far the slowest rule. It depends only on these styles of an element and of those behind it, so one element
# of each combination is enough.
CONTRAST = """(async () => {
    const styles = new Map(), samples = new Map(), root = document.documentElement;
    const behind = element => {
        if (!styles.has(element)) {
            const {backgroundColor, backgroundImage, opacity, position} = getComputedStyle(element);
            const above = element === root ? [] : behind(element.parentElement);
            styles.set(element, [backgroundColor, backgroundImage, opacity, position, ...above]);
        }
        return styles.get(element);
    };
    for (const element of document.body.querySelectorAll("*")) {
        const hasText = [...element.childNodes].some(node => node.nodeType === Node.TEXT_NODE && node.data.trim());
        if (!hasText && !element.matches("input, select, textarea")) continue;
        const {color, fontSize, fontWeight, textShadow, textDecorationLine, visibility} = getComputedStyle(element);
        const link = element.matches("a") && element.parentElement.textContent.trim() !== element.textContent.trim();
        const own = [color, fontSize, fontWeight, textShadow, textDecorationLine, visibility, link];
        const key = [...own, element.checkVisibility(), ...behind(element)].join();
        if (!samples.has(key)) samples.set(key, element);
    }
    const rules = {runOnly: ["color-contrast", "link-in-text-block"], resultTypes: ["violations"], preload: false};
    return axe.run({include: [...samples.values()]}, rules);
})()"""
OPTIONS = "{rules: {'color-contrast': {enabled: false}}, resultTypes: ['violations'], preload: false}"
ALL_RULES = f"axe.run({OPTIONS})"
# Of rows that are all alike, the second run takes the first eight.
RULES_AGAIN = f"axe.run({FEW}, {OPTIONS})"
# 640 is a window of 1280 at 200 % zoom.
WIDTHS = (1280, 640, 390, 320)
PHONE = 390
RULES = {1280: ALL_RULES, 390: RULES_AGAIN}
TOO_WIDE = """width => [...document.querySelectorAll("body *")].filter(it => it.getBoundingClientRect().right > width + 1)
    .slice(-3).map(it => it.outerHTML.slice(0, 120))"""


@pytest.mark.parametrize("place", PLACES, ids=lambda place: place.name)
def test_a_page_is_sound(place: Place, site: Site, visit: Callable[..., Page]) -> None:
    page = visit(place.member, reuse=True)
    assert _open(page, place, site) == place.status
    page.evaluate(AXE)
    for width in WIDTHS:
        page.set_viewport_size({"width": width, "height": 800})
        page_width = page.evaluate("document.documentElement.scrollWidth")
        assert page_width <= width, f"{page_width} px wide in a window of {width}: {page.evaluate(TOO_WIDE, width)}"
        assert cut_off_links(page) == [], f"{width} px"
        if width <= PHONE:
            assert small_targets(page) == [], f"{width} px"
        if rules := RULES.get(width):
            assert _violations(page, rules) == [], f"{width} px"
            for theme in ("light", "dark"):
                page.emulate_media(color_scheme=theme)
                assert _violations(page, CONTRAST) == [], f"{width} px, {theme}"


def _open(page: Page, place: Place, site: Site) -> int:
    """Go there, take the steps, and return the status of the page that is there then."""
    statuses: list[int] = []

    def note(response: Response) -> None:
        if response.request.is_navigation_request() and not 300 <= response.status < 400:
            statuses.append(response.status)

    page.on("response", note)
    page.goto(site.places.get(place.path or place.name, place.path))
    if place.steps:
        place.steps(page)
    return statuses[-1]


def _violations(page: Page, run: str) -> list[Any]:
    violations = page.evaluate(run)["violations"]
    return [(it["id"], it["help"], [node["html"][:200] for node in it["nodes"][:3]]) for it in violations]


def test_axe_would_find_something(site: Site, visit: Callable[..., Page]) -> None:
    page = visit()
    page.goto("/")
    page.evaluate(AXE)
    page.evaluate("document.querySelector('h1').insertAdjacentHTML('beforebegin', '<img src=/static/favicon.svg>')")
    assert [name for name, *_ in _violations(page, ALL_RULES)] == ["image-alt"]
    page.evaluate("document.querySelector('h1').setAttribute('class', 'n')")
    page.evaluate("document.documentElement.style.setProperty('--ink-3', '#bbb')")
    assert "color-contrast" in [name for name, *_ in _violations(page, CONTRAST)]


def test_what_is_too_small_to_tap_or_cut_off_would_be_found(site: Site, visit: Callable[..., Page]) -> None:
    page = visit(width=390)
    page.goto("/")
    assert (small_targets(page), cut_off_links(page)) == ([], [])
    page.evaluate(
        "document.querySelector('main').insertAdjacentHTML('afterbegin', '<p><a href=/>a</a><a href=/>b</a></p>')"
    )
    page.evaluate("document.querySelector('.site-nav ul').style.setProperty('gap', '9rem')")
    assert len(small_targets(page)) == 2 and cut_off_links(page)


class _SlowPage(BaseHTTPRequestHandler):
    """A page whose second row comes later than its first."""

    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "text/html")
        self.end_headers()
        self.wfile.write(b"<!doctype html><title>Slow</title><link rel=icon href=data:,><p><a href=/2>Next</a></p>")
        self.wfile.flush()
        time.sleep(0.5)
        self.wfile.write(b"<p>The end</p>")

    def log_message(self, *_: Any) -> None:
        """Print nothing."""


def test_a_click_waits_for_the_whole_page(visit: Callable[..., Page]) -> None:
    with ThreadingHTTPServer(("127.0.0.1", 0), _SlowPage) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        page = visit()
        page.goto(f"http://127.0.0.1:{server.server_port}")
        page.get_by_role("link", name="Next").click()
        rows = page.locator("p").count()
        server.shutdown()
    assert rows == 2


def test_a_stranger_gets_no_cookie(site: Site, visit: Callable[..., Page]) -> None:
    page = visit()
    reading = [place for place in STRANGER if not place.steps and not place.name.startswith(SIGNING_IN)]
    assert len(reading) > 25
    for place in reading:
        page.goto(site.places.get(place.path or place.name, place.path), wait_until="commit")
        assert page.context.cookies() == [], place.name


SIGNING_IN = ("sign in", "join", "forgotten", "confirm", "new ", "claim", "wrong way")


@pytest.mark.parametrize("name", ["home", "post, fifty replies"])
def test_a_first_visit_is_light(name: str, site: Site, visit: Callable[..., Page]) -> None:
    load = first_load(visit(), site.places.get(name, "/"))
    print(f"{name}: {load.requests} requests, {load.size / 1000:.1f} KB")
    assert load.requests >= 4 and load.size > 40_000, "not everything was counted"
    assert load.is_light
