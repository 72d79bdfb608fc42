"""A new site: what `forum setup` creates, the list of what is left to do, and the legal pages."""

import re
from types import SimpleNamespace
from typing import Any

import pytest
from flask import Flask

from forum.accounts.models import Member
from forum.admin.checklist import launch_checklist
from forum.admin.legal_views import template_of
from forum.commands.server import offer_setup
from forum.db import db, now
from forum.legal.models import PAGE_KINDS, LegalText
from forum.legal.queries import _cache
from forum.moderation.models import Decision
from forum.posts.models import Tag
from forum.posts.tags.actions import create_starter_tags
from forum.posts.tags.queries import tags_by_word
from forum.vendors.models import Vendor
from forum.vendors.queries import categories
from tests.factories import make_member, make_tag, make_vendor
from tests.query_counts import queries_for


@pytest.fixture
def admin(app: Flask) -> Member:
    _cache.clear()
    return make_member(role="admin", email="ada@site.example")


def version_in(page: str) -> str:
    return re.search(r'name="version" value="(\d*)"', page)[1]


def write(reader: Any, page: str, body: str) -> Any:
    """Save a legal page as the form does."""
    form = reader.get(f"/admin/legal/{page}").text
    return reader.post(f"/admin/legal/{page}", data={"body": body, "version": version_in(form), "intent": "save"})


def test_a_legal_page_appears_in_the_footer_once_it_is_written_and_goes_when_emptied(
    app: Flask, browse: Any, admin: Member
) -> None:
    assert browse().get("/legal/imprint").status_code == 404 and "Imprint" not in browse().get("/about").text
    assert write(browse(admin), "imprint", "**Ada Chief**, 1 Long Lane").status_code == 302
    assert "<strong>Ada Chief</strong>" in browse().get("/legal/imprint").text
    assert '/legal/imprint">Imprint</a>' in browse().get("/about").text
    write(browse(admin), "imprint", "")
    assert browse().get("/legal/imprint").status_code == 404 and "Imprint" not in browse().get("/about").text
    assert db.session.query(Decision).filter_by(target_label="a legal page").count() == 2
    assert "Ada Chief" in browse().get("/legal/imprint/versions").text, "what was published stays readable"


def test_the_footer_costs_no_query(app: Flask, browse: Any, admin: Member) -> None:
    browse().get("/about")
    before = queries_for(browse(), "/about")
    write(browse(admin), "terms", "Be kind.")
    browse().get("/about")
    assert queries_for(browse(), "/about") == before


def test_saving_the_same_text_again_makes_no_version(app: Flask, browse: Any, admin: Member) -> None:
    for _ in range(2):
        write(browse(admin), "contact", "Write to us.")
    assert db.session.query(LegalText).count() == 1


def test_two_admins_who_edit_at_once_lose_neither_text(app: Flask, browse: Any, admin: Member) -> None:
    readers = [browse(admin), browse(make_member(role="admin"))]
    versions = [version_in(reader.get("/admin/legal/imprint").text) for reader in readers]
    assert (
        readers[0].post("/admin/legal/imprint", data={"body": "First Street", "version": versions[0]}).status_code
        == 302
    )
    answer = readers[1].post("/admin/legal/imprint", data={"body": "Second Street", "version": versions[1]})
    assert answer.status_code == 409 and "First Street" in answer.text and "Second Street" in answer.text
    again = {"body": "Second Street", "version": version_in(answer.text)}
    assert readers[1].post("/admin/legal/imprint", data=again).status_code == 302
    assert "Second Street" in browse().get("/legal/imprint").text


def test_what_is_too_long_or_too_deep_is_refused_and_kept(app: Flask, browse: Any, admin: Member) -> None:
    for body in ("x" * 50_001, ">" * 400 + " deep"):
        answer = browse(admin).post("/admin/legal/terms", data={"body": body})
        assert answer.status_code == 422 and body.replace(">", "&gt;") in answer.text
    assert not db.session.query(LegalText).count()


@pytest.mark.parametrize("page", PAGE_KINDS)
def test_each_page_has_a_template_to_start_from_and_nothing_is_published_by_it(
    app: Flask, browse: Any, admin: Member, page: str
) -> None:
    answer = browse(admin).post(f"/admin/legal/{page}", data={"intent": "template"})
    with app.test_request_context():
        assert answer.status_code == 200 and template_of(page)[:20] in answer.text
    assert not db.session.query(LegalText).count()


def test_the_list_of_what_is_left_to_do_goes_away(
    app: Flask, browse: Any, admin: Member, monkeypatch: pytest.MonkeyPatch
) -> None:
    steps = {step.label: step.is_done for step in launch_checklist(admin)}
    assert len(steps) == 7 and not any(steps.values())
    assert "Before you open the site" in browse(admin).get("/admin/").text
    assert "Before you open the site" not in browse(make_member(role="moderator")).get("/admin/").text
    make_tag("margin")
    make_vendor("Nordwall")
    for page in ("imprint", "privacy"):
        write(browse(admin), page, "Text")
    browse(admin).post("/admin/settings/test-mail")
    monkeypatch.setitem(app.config, "BACKUPS", "daily")
    monkeypatch.setattr("forum.admin.health.latest_backup_at", now)
    open_steps = [step.label for step in launch_checklist(admin) if not step.is_done]
    assert open_steps == ["Two-factor authentication"]
    admin.totp_seal = "a seal"
    assert not launch_checklist(admin)


def test_admins_of_a_public_site_are_warned_on_every_page_while_imprint_or_privacy_is_empty(
    app: Flask, browse: Any, admin: Member, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert "Only admins see this" not in browse(admin).get("/about").text, "on a laptop nobody needs an imprint"
    monkeypatch.setitem(app.config, "IS_PRODUCTION", True)
    page = browse(admin).get("/about").text
    assert "Imprint and Privacy are empty" in page and "/admin/legal" in page
    for reader in (browse(), browse(make_member()), browse(make_member(role="moderator"))):
        assert "Only admins see this" not in reader.get("/about").text
    write(browse(admin), "imprint", "Ada")
    assert "Privacy is empty" in browse(admin).get("/about").text
    write(browse(admin), "privacy", "We are [name](/about). [What we do]")
    assert "Privacy is empty, or [gaps] are left in" in browse(admin).get("/about").text
    write(browse(admin), "privacy", "We are [name](/about).")
    assert "Only admins see this" not in browse(admin).get("/about").text


def test_serving_a_new_production_site_offers_to_set_it_up(
    app: Flask, admin: Member, monkeypatch: pytest.MonkeyPatch
) -> None:
    offers: list[str] = []
    monkeypatch.setattr("forum.commands.server.click.confirm", lambda text, **_: offers.append(text))
    monkeypatch.setattr("sys.stdin", SimpleNamespace(isatty=lambda: True))
    offer_setup(app)
    monkeypatch.setitem(app.config, "IS_PRODUCTION", True)
    offer_setup(app)
    assert not offers, "a laptop's site, and one that has accounts"
    db.session.delete(db.session.get_one(Member, admin.id))
    db.session.commit()
    monkeypatch.setattr("sys.stdin", SimpleNamespace(isatty=lambda: False))
    offer_setup(app)
    assert not offers, "a service has nobody to answer"
    monkeypatch.setattr("sys.stdin", SimpleNamespace(isatty=lambda: True))
    offer_setup(app)
    assert offers == ["This site is new. Set it up now?"]


def test_an_admin_adds_a_vendor_to_the_catalogue(app: Flask, browse: Any, admin: Member) -> None:
    make_vendor("Nordwall")
    category = categories()[0].slug
    form = {"name": "Halcyon Virtual", "category": category, "description": "Hypervisors."}
    assert browse(admin).post("/admin/vendors/new", data=form).status_code == 302
    vendor = db.session.query(Vendor).filter_by(name="Halcyon Virtual").one()
    assert vendor.accepted_at is not None and browse().get("/vendors/halcyon-virtual").status_code == 200
    refused = browse(admin).post("/admin/vendors/new", data=form | {"name": "nordwall"})
    assert refused.status_code == 422 and "already a vendor called nordwall" in refused.text


def test_the_starter_tags_have_synonyms_and_no_word_twice(app: Flask) -> None:
    assert create_starter_tags() >= 38
    words = [tag.slug for tag in db.session.query(Tag)]
    words += [synonym.slug for tag in db.session.query(Tag) for synonym in tag.synonyms]
    assert len(words) == len(set(words)) and tags_by_word(["dealreg"])["dealreg"].slug == "deal-registration"
