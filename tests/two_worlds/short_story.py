"""A short story with one of everything, cheap enough to play for each planted fault."""

from datetime import timedelta

from forum.accounts.models import Member
from forum.db import db, now
from forum.moderation.cases import open_case
from forum.ratings.models import Rating
from forum.urls import key_text
from tests.two_worlds import mail_steps
from tests.two_worlds.stage import Act, Stage, Step
from tests.two_worlds.story import BOTH, DOMAINS, RATING_FIELDS, post_fields, the_site_opens

SHORT: list[Act] = []


def step(function: Step, readers: str = "") -> Step:
    """Add the next step, three hours later."""
    SHORT.append(Act(function, 3, readers.split()))
    return function


step(the_site_opens)


@step
def alice_and_bob_are_there(stage: Stage) -> None:
    for first, country in zip(BOTH, ("Finland", "Norway"), strict=True):
        fields = {"name": BOTH[first], "slug": f"{first}-x", "email": f"{first}@{DOMAINS[first]}", "country": country}
        db.session.add(Member(**fields, confirmed_at=now(), vouched_at=now() - timedelta(days=1)))
        db.session.flush()
        stage.send(
            first,
            stage.path(stage.post("The rebate"), "/reply"),
            body=f"{first} too.",
            identity="name",
            intent="publish",
        )


for mail_step in mail_steps.STEPS:
    step(mail_step)


@step
def first_author_writes(stage: Stage) -> None:
    stage.send_anonymously(
        stage.first_author, "/posts/new", **post_fields("How it went", "It went slowly. " * 4, identity="anonymous")
    )


@step
def both_write_by_name(stage: Stage) -> None:
    for first in BOTH:
        stage.send(first, "/posts/new", **post_fields(f"How {first} fared", f"Well, says {first}. " * 4))


@step
def second_author_replies_elsewhere(stage: Stage) -> None:
    under = stage.path(stage.post("The rebate"), "/reply")
    stage.send_anonymously(stage.second_author, under, body="Never.", identity="anonymous", intent="publish")


@step
def second_author_rates(stage: Stage) -> None:
    stage.send_anonymously(stage.second_author, "/vendors/lakeside/rate", identity="anonymous", **RATING_FIELDS)


@step
def second_author_changes_the_rating(stage: Stage) -> None:
    number = key_text(db.session.query(Rating).one().id)
    stage.send_anonymously(
        stage.second_author, f"/ratings/{number}/edit", identity="anonymous", **{**RATING_FIELDS, "worth": "1"}
    )


@step
def first_author_rates(stage: Stage) -> None:
    stage.send_anonymously(stage.first_author, "/vendors/northwind/rate", identity="anonymous", **RATING_FIELDS)


@step
def second_author_writes_about_an_undisclosed_vendor(stage: Stage) -> None:
    about = {"vendor_naming": "undisclosed", "category": "hardware", "description": "a large hardware supplier"}
    form = post_fields("A large one turned us away", "They gave it to others. " * 3, identity="anonymous")
    stage.send_anonymously(stage.second_author, "/posts/new", **form | about)


@step
def second_author_rates_it_later(stage: Stage) -> None:
    stage.send_anonymously(stage.second_author, stage.path(stage.post("A large one"), "/rate"), **RATING_FIELDS)


@step
def carol_answers(stage: Stage) -> None:
    stage.send("carol", stage.path(stage.post("How it went"), "/reply"), body="Why?", identity="name", intent="publish")
    # News for both of them, so that mail goes to both, whoever wrote the other thread.
    stage.send("carol", stage.path(stage.post("The rebate"), "/reply"), body="So?", identity="name", intent="publish")
    mail_steps.something_is_new_for_both(stage, "Still so")


@step
def the_mail_goes_out(stage: Stage) -> None:
    stage.run("send_digests")
    stage.run()


@step
def first_author_is_warned(stage: Stage) -> None:
    open_case("flag", stage.post("How it went"), "Opened by a moderator")
    db.session.commit()
    stage.decide("mona", stage.post("How it went"), "flag", action="decline", rule="5", sanction="warn")


def the_end(stage: Stage) -> None:
    """Do nothing, so that a reader can look at the end."""


step(the_end, "stranger")
