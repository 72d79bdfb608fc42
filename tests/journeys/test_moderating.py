"""A member proposes a vendor that is missing, and a moderator takes it in."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.journeys.conftest import Site

pytestmark = pytest.mark.browser


@pytest.mark.parametrize("scripts", [True, False], ids=["scripts", "no scripts"])
def test_a_proposed_vendor_is_accepted(scripts: bool, site: Site, visit: Callable[..., Page]) -> None:
    name = "Juniper Row Telephony" if scripts else "Cedar Row Telephony"
    slug = name.lower().replace(" ", "-")
    member = visit("tomas", scripts=scripts)
    member.goto("/vendors")
    member.get_by_role("link", name=re.compile("^Propose")).click()
    member.get_by_label("Vendor name").fill(name)
    member.get_by_label("Category").select_option("Software")
    member.get_by_label("Website").fill(f"https://www.{slug}.example/partners")
    member.get_by_label("What it sells").fill("Telephony for small offices.")
    member.get_by_role("button", name="Propose").click()
    expect(member.get_by_role("status")).to_contain_text("is waiting for a moderator")
    stranger = visit(scripts=scripts)
    assert _status(stranger, f"/vendors/{slug}") == 404
    assert _status(member, "/admin/") == 403
    moderator = visit("moderator", scripts=scripts)
    moderator.goto("/")
    moderator.get_by_role("link", name="Admin").click()
    row = moderator.get_by_role("row", name=name)
    expect(row).to_contain_text(f"{slug}.example")
    row.get_by_role("button", name=f"Accept {name}").click()
    expect(moderator.get_by_role("status")).to_have_text(f"{name} is now in the catalogue.")
    assert _status(stranger, f"/vendors/{slug}") == 200
    stranger.goto("/vendors?category=software")
    expect(stranger.get_by_role("link", name=name)).to_be_visible()


def _status(page: Page, path: str) -> int:
    answer = page.goto(path)
    assert answer is not None
    return answer.status
