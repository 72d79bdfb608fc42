"""Helpers of the tests about ratings: the form's data, and pages as people read them."""

import re
import secrets
from html import unescape
from typing import Any

from forum.db import db
from forum.ratings.criteria import ASKS, CRITERIA, DEALS
from forum.ratings.models import Rating
from forum.vendors.models import Vendor

NUMBERS = {"certified_people": "4", "training_cost": "3,500", "hours": "40", "annual_fee": "€1 500", "years": "3"}
# The verdict: the three required answers.
VERDICT = {"worth": "2", "again": "no", "interest": "none"}


def rating_form(**fields: Any) -> dict[str, Any]:
    """Return what a browser sends for a rating in which everything but the verdict was left as it was."""
    data = {criterion.key: "" for criterion in CRITERIA} | {ask.key: "" for ask in ASKS} | dict.fromkeys(DEALS, "")
    data |= {"submission": secrets.token_hex(16), "tier": "", "identity": "name", "currency": "EUR", "years": ""}
    data |= VERDICT | {"only_vendor_trains": ""} | fields
    return {name: value for name, value in data.items() if value is not None}


def the_rating() -> Rating:
    """Return the only rating."""
    db.session.expire_all()
    return db.session.query(Rating).one()


def count_rows(model: Any) -> int:
    db.session.expire_all()
    return db.session.query(model).count()


def tier_value(vendor: Vendor, position: int = 0) -> str:
    """Return the form's value for a tier."""
    return f"t{vendor.programmes[0].tiers[position].id}"


def page_text(response: Any) -> str:
    """Return the page's text without tags, scripts, styles and pictures."""
    text = re.sub(r"<[^>]+>", " ", re.sub(r"<(script|style|svg)\b.*?</\1>", " ", response.text, flags=re.DOTALL))
    return " ".join(unescape(text).split())


def checked_value(page: str, name: str) -> str | None:
    """Return the value of the checked radio button, or None."""
    radios = [tag for tag in re.findall(r"<input [^>]*>", page) if f'name="{name}"' in tag]
    checked = [tag for tag in radios if re.search(r"\bchecked\b", tag)]
    return checked[0].partition('value="')[2].partition('"')[0] if checked else None


def input_value(page: str, name: str) -> str:
    """Return the value of a text field."""
    match = re.search(rf'<input [^>]*name="{name}" value="([^"]*)"', page)
    assert match, name
    return unescape(match[1])
