"""Every URL of the site, requested by a stranger, a member, a moderator, an admin and a banned member."""

from typing import Any

import pytest
from flask import Flask
from sqlalchemy import text as sql

from forum.db import db, now
from tests.factories import make_comment, make_member, make_post, make_representative, make_tag, make_vendor

TAG_ENDPOINTS = ("tag", "add_synonym", "remove_synonym", "retire_tag", "merge_tag", "delete_tag")
CATEGORY_ENDPOINTS = ("category", "move_category", "delete_category")
ADMIN_ENDPOINTS = {
    f"admin.{name}"
    for name in (
        "create_invitation",
        "export_vendors",
        "import_vendors",
        "revoke_invitation",
        "change_logo",
        "settings",
        "test_mail",
        "health",
        "retry_mail",
        "back_up",
        "check_database",
        "legal_pages",
        "legal_page",
        "standard_texts_list",
        "standard_text",
        "merge_vendor",
        "change_role",
    )
} | {"account_requests.show"}


def arguments_for(rule: Any, arguments: dict[str, Any]) -> dict[str, Any]:
    """Return a value for each argument of a route, of something that exists where possible."""
    fallback = {
        "year": 2026,
        "month": 11,
        "purpose": "join",
        "token": "forged",
        "filename": "app.css",
        "slug": "nobody",
        "page": "imprint",
        "period": str(now().year),
    }
    specific = arguments.get(rule.endpoint.partition(".")[0], {}) | arguments.get(rule.endpoint, {})
    return {name: specific.get(name, arguments.get(name, fallback.get(name, 1))) for name in rule.arguments}


@pytest.fixture
def routes(app: Flask) -> list[tuple[Any, str]]:
    """Return each route with a URL that leads to something."""
    post = make_post(tags=[make_tag("deals", ("bargains",))])
    comment = make_comment(post, anonymous=True)
    vendor, member = make_vendor("Nordwall", tiers=("Gold",)), make_member()
    arguments = {
        "post_id": post.id,
        "comment_id": comment.id,
        "posts": {"slug": post.slug},
        "pages.tag": {"slug": "deals"},
        "feeds.tag": {"slug": "deals"},
        "pages.vendor": {"slug": vendor.slug},
        "feeds.vendor": {"slug": vendor.slug},
        "pages.member": {"slug": member.slug},
        "spam": {"slug": member.slug},
        **{room: {"slug": vendor.slug} for room in ("representatives", "representative_dashboard")},
        "representative_decisions": {"member_slug": make_representative(vendor).slug},
        "admin": {"slug": vendor.slug, "programme_id": vendor.programmes[0].id},
        **{f"admin.{name}": {"slug": member.slug} for name in ("member", "change_member", "change_role")},
        **{f"admin.{name}": {"slug": "deals"} for name in TAG_ENDPOINTS},
        **{f"admin.{name}": {"slug": vendor.category.slug} for name in CATEGORY_ENDPOINTS},
        **{f"admin.{name}": {"tier_id": vendor.programmes[0].tiers[0].id} for name in ("tier", "remove_tier")},
    }
    bound = app.url_map.bind("localhost")
    routes = []
    for rule in app.url_map.iter_rules():
        method = "GET" if "GET" in (rule.methods or ()) else "POST"
        routes.append((rule, bound.build(rule.endpoint, arguments_for(rule, arguments), method)))
    return routes


READERS: dict[str, dict[str, Any]] = {
    "stranger": {},
    "member": {"role": "member"},
    "moderator": {"role": "moderator"},
    "admin": {"role": "admin"},
    "banned": {"role": "member", "banned_at": True},
}


def browser_of(role: str, browse: Any) -> Any:
    if role == "stranger":
        return browse()
    values = READERS[role]
    return browse(make_member(**values | ({"banned_at": now()} if "banned_at" in values else {})))


def all_rows() -> dict[str, list[Any]]:
    """Return all rows of all tables."""
    return {
        table.name: sorted(map(repr, db.session.execute(sql(f'SELECT * FROM "{table.name}"'))))
        for table in db.metadata.sorted_tables
    }


@pytest.mark.slow
@pytest.mark.parametrize("role", READERS)
def test_no_url_fails_and_reading_changes_nothing(
    app: Flask, browse: Any, routes: list[tuple[Any, str]], role: str
) -> None:
    reader = browser_of(role, browse)
    before = all_rows()
    page_count = 0
    for rule, path in routes:
        if "GET" in (rule.methods or ()):
            for url in (
                path,
                f"{path}?before=x.y&from=z&sort=new&tag=%3Cb%3E&vendor=nordwall&leaning=bad&to=1&next=//e",
            ):
                answer = reader.get(url)
                assert answer.status_code < 500, url
                page_count += answer.status_code == 200
    assert page_count >= 20
    assert all_rows() == before, "a GET changed something"


@pytest.mark.slow
@pytest.mark.parametrize("role", READERS)
def test_an_empty_form_fails_nowhere(app: Flask, browse: Any, routes: list[tuple[Any, str]], role: str) -> None:
    for rule, path in routes:
        if "POST" in (rule.methods or ()):
            answer = browser_of(role, browse).post(path, data={"intent": "publish", "page": "-1", "to": "\x00"})
            assert answer.status_code < 500, path
            if role == "stranger" and not rule.endpoint.startswith(
                (
                    "accounts.",
                    "passkeys.sign_in",
                    "two_factor.code",
                    "following.unsubscribe",
                    "notices.new",
                    "notices.confirm",
                )
            ):
                assert answer.status_code in (401, 404), path


@pytest.mark.slow
@pytest.mark.parametrize("role", READERS)
def test_the_pages_of_staff_are_closed_to_others(
    app: Flask, browse: Any, routes: list[tuple[Any, str]], role: str
) -> None:
    staff_pages = [(rule, path) for rule, path in routes if path.startswith(("/admin", "/moderation"))]
    assert len(staff_pages) >= 2
    for rule, path in staff_pages:
        for method in sorted(rule.methods - {"OPTIONS", "HEAD"}):
            answer = browser_of(role, browse).open(path, method=method)
            if role == "stranger":
                assert answer.status_code == (302 if method == "GET" else 401), path
            elif role in ("member", "banned") or (role == "moderator" and rule.endpoint in ADMIN_ENDPOINTS):
                assert answer.status_code == 403, path
            else:
                assert answer.status_code in (200, 302, 404, 422), path
