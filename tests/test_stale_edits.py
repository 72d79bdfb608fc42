"""An edit made from an old version shows both texts and loses neither."""

import re
from html import unescape
from typing import Any

import pytest
from flask import Flask

from forum.db import db
from forum.vendors.models import Vendor
from tests.factories import make_comment, make_member, make_post, make_tag, make_vendor
from tests.post_forms import BODY, body_of, path_to, reply_path, value_of
from tests.rating_forms import rating_form

WARNING = "Another version was saved after you opened this page"
LATER = "We registered twelve deals, and three came back to us in the end."


def version_in(page: str) -> str:
    return value_of(page, "version")


def edit_form(post: Any, **changes: str) -> dict[str, str]:
    fields = {
        "title": post.title,
        "body": post.body,
        "leaning": post.leaning,
        "tags": post.tags[0].slug,
        "vendor_naming": "none",
        "intent": "publish",
    }
    return fields | changes


def test_a_second_edit_of_a_post_shows_both_texts_and_saves_on_the_next_press(app: Flask, browse: Any) -> None:
    author = make_member()
    post, reader = make_post(author, tags=[make_tag("deals")]), browse(author)
    path = path_to(post, "edit")
    version = version_in(reader.get(path).text)
    first = edit_form(post, body=BODY, version=version)
    assert reader.post(path, data=first).status_code == 302
    second = edit_form(post, body=LATER, version=version)
    answer = reader.post(path, data=second)
    assert answer.status_code == 200 or answer.status_code == 422
    assert WARNING in answer.text and BODY in unescape(answer.text) and body_of(answer.text) == LATER
    db.session.expire_all()
    assert post.body == BODY
    assert reader.post(path, data=second | {"version": version_in(answer.text)}).status_code == 302
    db.session.expire_all()
    assert post.body == LATER


def test_what_only_the_other_edit_changed_stays_changed(app: Flask, browse: Any) -> None:
    author = make_member()
    post, reader = make_post(author, tags=[make_tag("deals")]), browse(author)
    path, old_title = path_to(post, "edit"), post.title
    version = version_in(reader.get(path).text)
    reader.post(path, data=edit_form(post, title="Twelve deals registered in a year", version=version))
    answer = reader.post(path, data=edit_form(post, title=old_title, body=LATER, version=version))
    assert answer.status_code == 302
    db.session.expire_all()
    assert (post.title, post.body) == ("Twelve deals registered in a year", LATER)


def test_a_preview_of_a_stale_edit_warns_too(app: Flask, browse: Any) -> None:
    author = make_member()
    comment, reader = make_comment(make_post(), author, anonymous=True), browse(author)
    path = reply_path(comment, "edit")
    version = version_in(reader.get(path).text)
    reader.post(path, data={"body": "The first change.", "intent": "publish", "version": version})
    for intent in ("preview", "publish"):
        data = {"body": "The second change.", "intent": intent, "version": version}
        page = reader.post(path, data=data).text
        assert WARNING in page and "The first change." in page and "The second change." in page, intent


def test_a_rating_changed_in_another_tab_is_not_overwritten(app: Flask, browse: Any) -> None:
    vendor, reader = make_vendor("Nordwall"), browse(make_member())
    reader.post(f"/vendors/{vendor.slug}/rate", data=rating_form(worth="2"))
    path = re.search(r'href="(/ratings/\w+/edit)"', reader.get("/ratings").text)[1]  # type: ignore[index]
    version = version_in(reader.get(path).text)
    assert reader.post(path, data=rating_form(worth="3", version=version)).status_code == 302
    answer = reader.post(path, data=rating_form(worth="5", version=version))
    assert WARNING in answer.text and answer.status_code == 200
    assert reader.post(path, data=rating_form(worth="5", version=version_in(answer.text))).status_code == 302


@pytest.mark.parametrize("kind", ["vendor", "tag", "category", "programme", "tier"])
def test_two_of_staff_change_the_same(app: Flask, browse: Any, kind: str) -> None:
    vendor = make_vendor("Nordwall", tiers=("Gold",))
    make_tag("deals")
    programme = vendor.programmes[0]
    page_path, path, field, values = {
        "vendor": ("/admin/vendors/nordwall", "/details", "name", {"category": vendor.category.slug}),
        "tag": ("/admin/tags/deals", "", "description", {}),
        "category": (f"/admin/categories/{vendor.category.slug}", "", "name", {}),
        "programme": (f"/admin/programmes/{programme.id}", "", "name", {}),
        "tier": (f"/admin/tiers/{programme.tiers[0].id}", "", "name", {"rank": "1", "effective_on": "2026-11-01"}),
    }[kind]
    readers = [browse(make_member(role="admin")) for _ in range(2)]
    version = version_in(readers[0].get(page_path).text)
    form = {**values, "version": version}
    assert readers[0].post(page_path + path, data=form | {field: "The first name"}).status_code == 302
    answer = readers[1].post(page_path + path, data=form | {field: "The second name"})
    assert answer.status_code != 302 and WARNING in answer.text and "The first name" in answer.text
    assert value_of(answer.text, field) == "The second name"


def test_a_form_without_a_version_is_saved_as_before(app: Flask, browse: Any) -> None:
    make_vendor("Nordwall")
    form = {"name": "Nordwall Systems", "category": db.session.query(Vendor).one().category.slug}
    answer = browse(make_member(role="admin")).post("/admin/vendors/nordwall/details", data=form)
    assert answer.status_code == 302
