"""Sanctions through a pseudonym: they reach the member under every name, and show nobody whom they reached."""

from datetime import timedelta
from typing import Any

import pytest
from flask import Flask

from forum.accounts import sanctions
from forum.accounts.models import Pseudonym, Sanction
from forum.accounts.pseudonyms import member_behind
from forum.accounts.sanctions import active_sanctions, lift_sanction, sanction_pseudonym
from forum.db import db, now, start_of_day
from forum.posts.actions import PostSubject
from forum.posts.comment_actions import edit_comment
from forum.posts.screening.holds import HELD_WITHOUT_REASON
from forum.posts.signals import item_held
from forum.ratings.models import Rating
from forum.urls import key_text
from tests.factories import make_comment, make_member, make_post, make_rating, make_tag, make_vendor


def pseudonym_of(author: Any) -> Pseudonym:
    name = make_post(author, anonymous=True).pseudonym
    assert name is not None
    return name


def test_the_member_behind_a_pseudonym_is_found_with_the_key_alone(app: Flask) -> None:
    author = make_member()
    first, second = pseudonym_of(author), pseudonym_of(author)
    assert member_behind(first) == member_behind(second) == author
    keys = app.config["ANONYMITY_KEYS"]
    app.config["ANONYMITY_KEYS"] = ["another key that does not fit, long enough"]
    try:
        assert member_behind(first) is None and not sanction_pseudonym(first, "bar", "Rule 1")
    finally:
        app.config["ANONYMITY_KEYS"] = keys
    db.session.delete(author)
    db.session.flush()
    assert member_behind(first) is None, "with the account the secret is gone"


@pytest.mark.usefixtures("noon")
def test_a_bar_counts_under_every_name_until_its_day_is_over(app: Flask) -> None:
    author = make_member()
    names = [pseudonym_of(author) for _ in range(2)]
    assert sanction_pseudonym(names[0], "bar", "Rule 3: a phone number.", now() + timedelta(days=7))
    active = active_sanctions(author)
    assert active.barred_until == start_of_day(now() + timedelta(days=7))
    assert not active.is_held and active_sanctions(make_member()).barred_until is None
    row = db.session.query(Sanction).one()
    row.ends_at = start_of_day(now())
    db.session.flush()
    assert active_sanctions(author).barred_until is not None, "its last day is whole"
    row.ends_at = start_of_day(now()) - timedelta(days=1)
    db.session.flush()
    assert active_sanctions(author) == (None, False, [])


def test_three_warnings_hold_by_themselves_and_two_do_not(app: Flask) -> None:
    author = make_member()
    for n in range(3):
        assert not active_sanctions(author).is_held
        sanction_pseudonym(pseudonym_of(author), "warn", f"Warning {n}", decision_id=n)
    assert active_sanctions(author).is_held
    assert lift_sanction(pseudonym_of(author), decision_id=1)
    assert not active_sanctions(author).is_held
    assert not lift_sanction(pseudonym_of(author), decision_id=1), "it is over already"
    assert {sanction.message for sanction in active_sanctions(author).sanctions} == {"Warning 0", "Warning 2"}


def test_sanctions_of_one_member_share_nothing_and_are_whole_days(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sanctions.SANCTION_CHAIN, "batch_size", 2)
    monkeypatch.setattr(sanctions.SANCTION_CHAIN, "max_gap", 2)
    author = make_member()
    name = pseudonym_of(author)
    for n in range(5):
        sanction_pseudonym(name, "hold", f"Reason {n}", now() + timedelta(days=30))
    rows = db.session.query(Sanction).all()
    assert len({row.chain_link for row in rows}) == 5 and len(active_sanctions(author).sanctions) == 5
    assert all(
        row.created_at == start_of_day(row.created_at) and row.ends_at == start_of_day(row.ends_at or now())
        for row in rows
    )


def post_form(**changes: Any) -> dict[str, Any]:
    """Return what a browser sends with the form of a new post."""
    body = "We registered eleven deals this spring. Nine were approved in time."
    typed = {"title": "What happened this spring", "body": body, "leaning": "mixed", "tags": make_tag().slug}
    return {**typed, "vendor_naming": "none", "identity": "anonymous", "intent": "publish", **changes}


def test_a_barred_member_is_refused_in_words_wherever_they_write_anonymously(app: Flask, browse: Any) -> None:
    author = make_member()
    sanction_pseudonym(pseudonym_of(author), "bar", "Rule 3", now() + timedelta(days=7))
    post, vendor, browser = make_post(), make_vendor(), browse(author)
    reply = f"/posts/{key_text(post.id)}/reply"
    for path, form_data in (
        ("/posts/new", post_form()),
        (reply, {"body": "Same picture here.", "identity": "anonymous", "intent": "publish"}),
        (f"/vendors/{vendor.slug}/rate", {"worth": "3", "again": "yes", "interest": "none", "identity": "anonymous"}),
    ):
        page = browser.post(path, data=form_data)
        assert page.status_code == 422 and "You cannot write anonymously until" in page.text, path
    assert browser.post("/posts/new", data=post_form(identity="name")).status_code == 302
    assert browser.post(reply, data={"body": "Same here.", "identity": "name", "intent": "publish"}).status_code == 302
    assert browse(make_member()).post("/posts/new", data=post_form()).status_code == 302


def test_a_barred_member_revises_and_withdraws_the_anonymous_rating_they_have(app: Flask, browse: Any) -> None:
    author = make_member()
    rating = make_rating(author, anonymous=True)
    sanction_pseudonym(pseudonym_of(author), "bar", "Rule 3", now() + timedelta(days=7))
    path, browser = f"/ratings/{key_text(rating.id)}", browse(author)
    changes = {"worth": "1", "again": "no", "interest": "none", "identity": "anonymous"}
    assert browser.post(f"{path}/edit", data=changes).status_code == 302
    db.session.refresh(rating)
    assert rating.worth == 1
    assert browser.post(f"{path}/withdraw").status_code == 302 and db.session.query(Rating).count() == 0


@pytest.mark.usefixtures("noon")
def test_what_a_held_member_writes_or_changes_waits_for_a_moderator(app: Flask, browse: Any) -> None:
    author, held = make_member(), []
    post, comment = make_post(author, anonymous=True), make_comment(author=author, anonymous=True)
    sanction_pseudonym(comment.pseudonym, "hold", "Rule 2", now() + timedelta(days=30))
    with item_held.connected_to(lambda item, reason: held.append((item.id, reason))):
        edit_comment(comment, body="Something else", author=author)
        written = make_comment(author=author, anonymous=True)
        make_comment(author=author), make_comment(anonymous=True)
    db.session.commit()
    assert held == [(comment.id, HELD_WITHOUT_REASON), (written.id, HELD_WITHOUT_REASON)]
    assert written.hidden_at == start_of_day(now()) and written.hidden_reason == HELD_WITHOUT_REASON
    typed = {**post_form(), "title": "Quite another title", "identity": ""}
    assert browse(author).post(f"/posts/{key_text(post.id)}/edit", data=typed).status_code == 302
    db.session.refresh(post)
    assert post.hidden_reason == HELD_WITHOUT_REASON
    place = f"/replies/{key_text(written.id)}"
    assert browse().get(place).status_code == 404 and browse(make_member()).get(place).status_code == 404
    assert browse(author).get(place).status_code == 302


def test_the_member_alone_reads_what_is_in_force_and_why(app: Flask, browse: Any) -> None:
    author, moderator = make_member(), make_member(role="moderator")
    sanction_pseudonym(pseudonym_of(author), "bar", "Rule 3: a phone number.", now() + timedelta(days=7))
    sanction_pseudonym(pseudonym_of(author), "warn", "Rule 5: an insult.")
    page = browse(author).get("/anonymous-writing").text
    assert "Rule 3: a phone number." in page and "Rule 5: an insult." in page and "until" in page
    for reader in (moderator, make_member(role="admin"), make_member()):
        page = browse(reader).get("/anonymous-writing").text
        assert "Rule 3" not in page and "Sanction" not in page
    for path in (f"/members/{author.slug}", "/admin/", "/"):
        assert "Rule 3" not in browse(moderator).get(path).text


def test_a_reply_that_guesses_an_undisclosed_vendor_is_held_when_written_and_when_changed(app: Flask) -> None:
    vendor = make_vendor("Northwind Storage", aliases=["NWS"])
    reasons: list[str] = []
    undisclosed = make_post(subject=PostSubject(category=vendor.category, description="a large hardware supplier"))
    with item_held.connected_to(lambda item, reason: reasons.append(reason)):
        guess = make_comment(undisclosed, body="Surely this is NWS again?")
        harmless = make_comment(undisclosed, body="We know that kind.")
        make_comment(make_post(subject=PostSubject(vendor=vendor)), body="Northwind Storage did the same to us.")
        assert guess.hidden_at and harmless.hidden_at is None
        edit_comment(harmless, body="We know Northwind Storage.")
    assert harmless.hidden_at and len(reasons) == 2 and "NWS" in reasons[0] and "does not name its vendor" in reasons[1]
