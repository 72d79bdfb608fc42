"""Who can open the admin pages, and what holds for all of them."""

import re
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import event

from forum.accounts.models import Member
from forum.accounts.passwords import hash_password
from forum.db import db
from forum.moderation.decisions.actions import apply_action
from forum.moderation.models import Decision
from forum.posts.actions import PostSubject
from forum.vendors.correction_actions import suggest_correction
from tests.factories import (
    PASSWORD,
    make_category,
    make_member,
    make_post,
    make_rating,
    make_representative,
    make_tag,
    make_vendor,
)
from tests.query_counts import queries_for

REASON = {"reason": "It was agreed by all."}
# Who can open each path: "staff" are moderators and admins.
DOORS = {
    "/admin/": "staff",
    "/admin/vendors": "staff",
    "/admin/vendors/nordwall": "staff",
    "/admin/vendors/nordwall/details": "staff",
    "/admin/vendors/nordwall/names": "staff",
    "/admin/vendors/nordwall/domains": "staff",
    "/admin/vendors/nordwall/programmes": "staff",
    "/admin/vendors/nordwall/remove": "staff",
    "/admin/vendors/nordwall/merge": "admin",
    "/admin/vendors/nordwall/retire": "staff",
    "/admin/programmes/1": "staff",
    "/admin/programmes/1/remove": "staff",
    "/admin/programmes/1/changes": "staff",
    "/admin/programmes/1/tiers/new": "staff",
    "/admin/tiers/1": "staff",
    "/admin/tiers/1/remove": "staff",
    "/admin/corrections": "staff",
    "/admin/corrections/1": "staff",
    "/admin/categories": "staff",
    "/admin/categories/software": "staff",
    "/admin/categories/software/move": "staff",
    "/admin/categories/software/delete": "staff",
    "/admin/tags": "staff",
    "/admin/tags/deals": "staff",
    "/admin/tags/deals/words": "staff",
    "/admin/tags/deals/remove": "staff",
    "/admin/tags/deals/retire": "staff",
    "/admin/tags/deals/merge": "staff",
    "/admin/tags/deals/delete": "staff",
    "/admin/members": "staff",
    "/admin/members/marta": "staff",
    "/admin/members/marta/role": "admin",
    "/admin/catalogue": "admin",
    "/admin/catalogue.csv": "admin",
    "/admin/joining": "staff",
    "/admin/joining/nobody": "staff",
    "/admin/invitations": "admin",
    "/admin/invitations/revoke": "admin",
    "/admin/settings": "admin",
    "/admin/settings/logo": "admin",
    "/admin/vendors/new": "staff",
    "/admin/legal": "admin",
    "/admin/legal/imprint": "admin",
    "/admin/standard-texts": "admin",
    "/admin/standard-texts/1": "admin",
    "/admin/settings/test-mail": "admin",
    "/admin/health": "admin",
    "/admin/health/mail": "admin",
    "/admin/health/check": "admin",
    "/admin/health/backup": "admin",
}


@pytest.fixture
def admin(app: Flask) -> Member:
    return make_member(role="admin", password_hash=hash_password(PASSWORD), name="Ada Chief")


def log() -> list[tuple[str, str, str]]:
    """Return target, facts and reason of every staff change in the log."""
    rows = db.session.query(Decision).filter_by(action="staff").order_by(Decision.id)
    return [(row.target_label, row.facts, row.reason) for row in rows]


def make_one_of_each() -> None:
    """Make one row for each path of DOORS."""
    nordwall = make_vendor("Nordwall", tiers=("Gold",), category=make_category(slug="software", name="Software"))
    make_tag("deals", ("bargains",))
    marta = make_member(slug="marta", name="Marta Aalto")
    suggest_correction(nordwall, marta, body="The fee of Gold is 200.", source_url="")
    db.session.commit()


def test_every_admin_url_is_in_the_table(app: Flask) -> None:
    make_one_of_each()
    paths = {
        re.sub(r"nobody|nordwall|software|deals|marta|imprint", "*", re.sub(r"\b1\b", "*", path)) for path in DOORS
    }
    rules = {re.sub("<.*?>", "*", rule.rule) for rule in app.url_map.iter_rules() if rule.endpoint.startswith("admin.")}
    assert rules == paths


@pytest.mark.slow
@pytest.mark.parametrize("role", ["stranger", "member", "representative", "moderator", "admin"])
def test_only_the_groups_of_the_table_get_in(app: Flask, browse: Any, role: str) -> None:
    make_one_of_each()
    member = make_member(role=role if role in ("moderator", "admin") else "member") if role != "stranger" else None
    if role == "representative":
        member = make_representative(make_vendor())
    is_allowed = {"staff": role in ("moderator", "admin"), "admin": role == "admin"}
    for path, group in DOORS.items():
        for method in ("GET", "POST"):
            code = browse(member).open(path, method=method).status_code
            if code == 405:
                continue
            if is_allowed[group]:
                assert code in (200, 302, 422), (method, path)
            else:
                shut = {"GET": 302, "POST": 401}[method] if role == "stranger" else 403
                assert code == shut, (method, path)


@pytest.mark.parametrize(
    "path",
    [
        "/admin/vendors/nobody",
        "/admin/vendors/nobody/merge",
        "/admin/programmes/99",
        "/admin/programmes/99999999999999999999",
        "/admin/tiers/99",
        "/admin/tiers/99999999999999999999/remove",
        "/admin/tags/nothing",
        "/admin/categories/nothing",
        "/admin/members/nobody",
    ],
)
def test_missing_rows_are_not_found(app: Flask, browse: Any, admin: Member, path: str) -> None:
    for method in ("GET", "POST"):
        assert browse(admin).open(path, method=method).status_code == 404


def test_a_change_and_its_log_entry_are_one_transaction(app: Flask, browse: Any, admin: Member) -> None:
    """An error between the change and its log entry leaves neither."""
    make_vendor("Nordwall")
    reader = browse(admin)

    def broken(*args: Any) -> None:
        raise RuntimeError

    event.listen(Decision, "before_insert", broken)
    try:
        with pytest.raises(RuntimeError):
            reader.post("/admin/vendors/nordwall/names", data={"alias-name": "Northern Wall"})
    finally:
        event.remove(Decision, "before_insert", broken)
    assert "Northern Wall" not in reader.get("/admin/vendors/nordwall").text and not log()


def test_the_pages_cost_the_same_for_few_and_for_many(app: Flask, browse: Any, admin: Member) -> None:
    make_one_of_each()
    marta = db.session.query(Member).filter_by(slug="marta").one()
    vendor, reader = make_vendor("Eastline", tiers=("Gold",)), browse(admin)

    def grow(count: int) -> None:
        for n in range(count):
            make_tag(synonyms=(f"word-{count}-{n}",))
            make_category()
            apply_action(make_post(marta), admin, action="hide", rule=3, facts="", reason="Named.", source="own")
            make_post(subject=PostSubject(make_vendor(tiers=("Gold", "Silver"), aliases=[f"Also {count} {n}"])))
            make_rating(vendor=vendor)
        db.session.commit()

    paths = [path for path in DOORS if reader.get(path).status_code == 200]
    assert len(paths) > 15
    grow(1)
    before = {path: queries_for(reader, path) for path in paths}
    grow(6)
    assert {path: queries_for(reader, path) for path in paths} == before
    assert max(before.values()) <= 20, before


def test_a_moderator_who_decides_quickly_is_not_stopped(app: Flask, browse: Any) -> None:
    moderator = browse(make_member(role="moderator"))
    codes = [moderator.post("/moderation/cases/0000000001/claim").status_code for _ in range(100)]
    assert set(codes) == {404}, "100 writes in a minute, where others may make 40"
