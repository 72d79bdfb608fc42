"""A short story with one of everything, for planted faults: cheap enough to be told for each of them."""

from datetime import timedelta

from forum.accounts.models import Member
from forum.db import db, now
from forum.moderation.cases import open_case
from forum.ratings.models import Rating
from forum.web import key_text
from tests.two_worlds.stage import Act, Stage, Step
from tests.two_worlds.story import BOTH, DOMAINS, RATING_FIELDS, post_fields, the_site_opens

SHORT: list[Act] = []


def step(happens: Step, seen_by: str = "") -> Step:
    """The next step, three hours later."""
    SHORT.append(Act(happens, 3, seen_by.split()))
    return happens


step(the_site_opens)


@step
def alice_and_bob_are_there(stage: Stage) -> None:
    for first, country in zip(BOTH, ("Finland", "Norway"), strict=True):
        known = {"name": BOTH[first], "slug": f"{first}-x", "email": f"{first}@{DOMAINS[first]}", "country": country}
        db.session.add(Member(**known, confirmed_at=now(), vouched_at=now() - timedelta(days=1)))
        db.session.flush()
        stage.send(
            first, stage.path(stage.post("The rebate"), "/reply"), body=f"{first} too.", signed="name", intent="publish"
        )


@step
def one_writes(stage: Stage) -> None:
    stage.quietly(stage.one, "/posts/new", **post_fields("How it went", "It went slowly. " * 4, signed="anonymous"))


@step
def both_write_by_name(stage: Stage) -> None:
    for first in BOTH:
        stage.send(first, "/posts/new", **post_fields(f"How {first} fared", f"Well, says {first}. " * 4))


@step
def two_replies_elsewhere(stage: Stage) -> None:
    under = stage.path(stage.post("The rebate"), "/reply")
    stage.quietly(stage.two, under, body="Never.", signed="anonymous", intent="publish")


@step
def two_rates(stage: Stage) -> None:
    stage.quietly(stage.two, "/vendors/lakeside/rate", signed="anonymous", **RATING_FIELDS)


@step
def two_rates_otherwise(stage: Stage) -> None:
    number = key_text(db.session.query(Rating).one().id)
    stage.quietly(stage.two, f"/ratings/{number}/edit", signed="anonymous", **{**RATING_FIELDS, "worth": "1"})


@step
def carol_answers(stage: Stage) -> None:
    stage.send("carol", stage.path(stage.post("How it went"), "/reply"), body="Why?", signed="name", intent="publish")


@step
def the_mail_goes_out(stage: Stage) -> None:
    stage.run()


@step
def one_is_warned(stage: Stage) -> None:
    open_case("flag", stage.post("How it went"), "Opened by a moderator")
    db.session.commit()
    stage.decide("mona", stage.post("How it went"), "flag", action="decline", rule="5", sanction="warn")


def the_end(stage: Stage) -> None:
    """Nothing more happens."""


step(the_end, "stranger")
