"""The second part of the story: drafts, ratings, sanctions and an appeal."""

from typing import Any

from forum.db import db
from forum.posts.draft_actions import drafts_of
from forum.posts.models import ScheduledText, SealedDraft
from forum.ratings.models import Rating
from forum.urls import key_text
from tests.factories import PASSWORD
from tests.two_worlds import mail_steps
from tests.two_worlds.stage import Stage
from tests.two_worlds.story import (
    BOTH,
    DOMAINS,
    RATING_FIELDS,
    STORY,
    post_fields,
    step,
)

__all__ = ["STORY"]


@step(24)
def second_author_replies_with_a_delay(stage: Stage) -> None:
    under = stage.path(stage.post("Desktops"), "/reply")
    later = {"body": "Half of ours.", "identity": "anonymous", "delay": "30", "intent": "publish"}
    stage.send_anonymously(stage.second_author, under, **later)
    assert db.session.query(ScheduledText).count() == 1


@step(31)
def the_delayed_reply_appears(stage: Stage) -> None:
    stage.run("publish_scheduled")
    assert db.session.query(ScheduledText).count() == 0 and stage.reply("Half of ours").author_id is None


@step(24)
def first_author_delays_and_cancels(stage: Stage) -> None:
    form = post_fields("Something to think about", "Perhaps better not. " * 4, identity="anonymous", delay="72")
    stage.send_anonymously(stage.first_author, "/posts/new", **form)


@step()
def first_author_cancels(stage: Stage) -> None:
    waiting = db.session.query(ScheduledText).one()
    stage.send_anonymously(stage.first_author, f"/scheduled/{key_text(waiting.id)}/delete")


DRAFT = post_fields("Half a thought", "Not quite finished yet. " * 4, identity="anonymous", intent="save draft")


@step()
def first_author_saves_a_draft(stage: Stage) -> None:
    stage.send_anonymously(stage.first_author, "/posts/new/draft", **DRAFT)


@step()
def first_author_saves_another_draft(stage: Stage) -> None:
    stage.send_anonymously(stage.first_author, "/posts/new/draft", **DRAFT | {"title": "Another thought"})


@step()
def carol_saves_a_signed_draft(stage: Stage) -> None:
    form = {"body": "What I wanted to say.", "identity": "name", "intent": "save draft"}
    stage.send("carol", stage.path(stage.post("Desktops"), "/reply/draft"), **form)


@step(24)
def first_author_publishes_one_draft_and_deletes_the_other(stage: Stage) -> None:
    keys = {draft.title: key_text(draft.id) for draft in drafts_of(stage.member(stage.first_author))}
    stage.send_anonymously(stage.first_author, f"/drafts/{keys['Another thought']}/delete")
    form = DRAFT | {"body": "And now it is finished. " * 4, "intent": "publish", "draft": keys["Half a thought"]}
    stage.send_anonymously(stage.first_author, "/posts/new", **form)
    assert db.session.query(SealedDraft).count() == 1


@step()
def both_save_weights_and_a_shortlist(stage: Stage) -> None:
    for first in BOTH:
        stage.send(first, "/saved/weights", w_education="5")
        stage.send(first, "/vendors/northwind/shortlist", intent="add")


@step()
def first_author_bookmarks_their_anonymous_post(stage: Stage) -> None:
    path = stage.path(stage.post("How Northwind"), "/bookmark")
    stage.send_anonymously(stage.first_author, path, note="I wrote this, for the renewal.")
    assert "I wrote this" in stage.browser(stage.first_author).get("/bookmarks").text


@step(24)
def saved_lists_are_sealed_anew(stage: Stage) -> None:
    stage.run("reseal_saved_lists")


@step(24)
def both_sign_in_again(stage: Stage) -> None:
    stage.browsers.clear()
    for first in BOTH:
        stage.browsers[first] = stage.app.test_client()
        stage.send(first, "/sign-in", 422, email=f"{first}@{DOMAINS[first]}", password="not this one")
        stage.send(first, "/sign-in", email=f"{first}@{DOMAINS[first]}", password=PASSWORD, remember="y")
        stage.send(first, stage.path(stage.post("The rebate"), "/useful"), intent="mark")


@step()
def first_author_rates_an_undisclosed_vendor(stage: Stage) -> None:
    form = post_fields("A small one was kind", "They called back the same day. " * 3, identity="anonymous")
    about = {"vendor_naming": "undisclosed", "category": "backup", "description": "a small backup house"}
    stage.send_anonymously(stage.first_author, "/posts/new", **form | about, **RATING_FIELDS)
    assert stage.post("A small one").rating is not None


@step(24)
def first_author_rates_without_a_text(stage: Stage) -> None:
    stage.send_anonymously(stage.first_author, "/vendors/orchard/rate", identity="anonymous", **RATING_FIELDS)


@step(24)
def first_author_revises_the_rating(stage: Stage) -> None:
    stage.send_anonymously(
        stage.first_author,
        f"/ratings/{key_text(_orchard_rating().id)}/edit",
        identity="anonymous",
        **{**RATING_FIELDS, "worth": "2"},
    )


@step(24, readers="stranger")
def scores_are_published(stage: Stage) -> None:
    stage.run("publish_scores")


@step(24)
def first_author_withdraws_the_rating(stage: Stage) -> None:
    stage.send_anonymously(stage.first_author, f"/ratings/{key_text(_orchard_rating().id)}/withdraw")


def _orchard_rating() -> Rating:
    return db.session.query(Rating).filter(Rating.vendor.has(name="Orchard")).one()


@step()
def first_author_is_reported_and_warned(stage: Stage) -> None:
    item = stage.post("How Northwind")
    for name in ("carol", "finn"):
        stage.send(name, stage.path(item, "/flag"), rule="5", message="It tells the vendor's prices.")
    stage.decide("mona", item, "flag", action="decline", rule="5", sanction="warn")


@step(24)
def both_keep_writing_by_name(stage: Stage) -> None:
    for first in BOTH:
        stage.send(
            first, stage.path(stage.post("Desktops"), "/reply"), body=f"{first} too.", identity="name", intent="publish"
        )


@step()
def texts_of_the_first_author_are_held_from_now_on(stage: Stage) -> None:
    stage.send("dan", stage.path(stage.reply("The second one"), "/flag"), rule="5", message="Again.")
    stage.decide("max", stage.reply("The second one"), "flag", action="decline", rule="5", sanction="hold")


@step(24)
def first_author_changes_the_text_which_is_held(stage: Stage) -> None:
    form = post_fields(
        "How Northwind went on", "Our deals were approved late. " * 4, vendor_naming="named", vendor="Northwind"
    )
    stage.send_anonymously(stage.first_author, stage.path(stage.post("How Northwind"), "/edit"), **form)
    assert stage.post("How Northwind").hidden_at


@step()
def a_moderator_approves_it(stage: Stage) -> None:
    stage.decide("max", stage.post("How Northwind"), "held", action="approve", rule="")


@step()
def first_author_is_barred(stage: Stage) -> None:
    stage.send("eve", stage.path(stage.reply("The second one"), "/flag"), rule="2", message="It is advertising.")
    stage.decide("mona", stage.reply("The second one"), "flag", action="hide", rule="2", sanction="bar_7")


@step(readers="mona")
def first_author_is_refused_and_both_write_by_name(stage: Stage) -> None:
    refused = {"identity": "anonymous", "intent": "publish"}
    under = stage.path(stage.post("The rebate"), "/reply")
    answers = [
        stage.send_anonymously(
            stage.first_author, "/posts/new", 422, **post_fields("May I still write", "No. " * 20, identity="anonymous")
        ),
        stage.send_anonymously(stage.first_author, under, 422, body="May I still reply?", **refused),
        stage.send_anonymously(
            stage.first_author, "/vendors/lakeside/rate", 422, identity="anonymous", **RATING_FIELDS
        ),
    ]
    assert all("You cannot write anonymously until" in answer.text for answer in answers)
    for first in BOTH:
        stage.send(first, under, body=f"{first} has it now.", identity="name", intent="publish")


@step()
def first_author_reads_why_and_appeals(stage: Stage) -> None:
    for first in BOTH:
        assert stage.browser(first).get("/decisions").status_code == 200
    browser: Any = stage.browser(stage.first_author)
    numbers = [part.split('"')[0] for part in browser.get("/decisions").text.split('href="/decisions/')[1:]]
    statement = f"/decisions/{max(map(int, numbers)) - 1}"
    assert browser.get(statement).status_code == 200
    stage.send_anonymously(
        stage.first_author, f"{statement}/appeal", body="It is no advertising: we have no tie to them."
    )


@step()
def another_moderator_answers_the_appeal(stage: Stage) -> None:
    stage.decide("max", stage.reply("The second one"), "appeal", action="reversed", rule="")
    assert stage.reply("The second one").hidden_at is None


@step(0)
def there_is_news_for_both_again(stage: Stage) -> None:
    mail_steps.something_is_new_for_both(stage, "It is up again")


@step(24 * 8)
def the_bar_is_over(stage: Stage) -> None:
    stage.run("remove_unedited", "delete_unconfirmed_members", "send_digests")
    stage.run()
