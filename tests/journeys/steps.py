"""A page that looks different, and the steps taken there first."""

from collections.abc import Callable
from typing import NamedTuple

from playwright.sync_api import Page

Steps = Callable[[Page], object]


class Place(NamedTuple):
    """`path` is an address or a name in places.json (by default the place's own); `steps` go on from there."""

    name: str
    path: str = ""
    member: str | None = None
    status: int = 200
    steps: Steps | None = None


def submit(button: str, **fields: str) -> Steps:
    """Return steps that fill fields by name and press a button."""

    def steps(page: Page) -> None:
        for name, value in fields.items():
            page.locator(f"main form [name={name}]:visible").first.fill(value)
        page.get_by_role("main").get_by_role("button", name=button, exact=True).first.click()
        page.wait_for_load_state()

    return steps


def appear_by_name(page: Page) -> None:
    """Choose to appear by name: no form chooses it."""
    page.locator("[name=identity][value=name]").first.check()
