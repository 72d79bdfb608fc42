"""Fills an empty database with the demo community of cast.toml and stories/."""

import tomllib
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any

from forum.accounts.actions import create_member
from forum.accounts.models import Member
from forum.db import db, now
from forum.demo.rating_actions import extra_ratings, rate_extra, story_answers
from forum.posts.actions import PostSubject, write_post
from forum.posts.comment_actions import write_comment
from forum.posts.models import Comment, Post, UsefulVote, target_columns
from forum.posts.official_actions import write_official_reply
from forum.posts.tags.actions import create_tag
from forum.posts.tags.queries import tags_by_word
from forum.ratings.scores.actions import publish
from forum.vendors.actions import add_domain, add_programme, add_vendor, create_default_categories, record_programme_change
from forum.vendors.models import Representative, Vendor
from forum.vendors.queries import categories

HERE = Path(__file__).parent
PASSWORD = "two way street"  # noqa: S105 - printed at every start, and opens a demo only
# Role, address and password of the sign-ins that `make run` prints; the first two are members of the cast.
SIGN_INS = [
    ("member", "marta@demo.example", PASSWORD),
    ("moderator", "fiona@demo.example", PASSWORD),
    ("admin", "admin@demo.example", PASSWORD),
    ("vendor", "ingrid@northwind-storage.example", PASSWORD),
]
OWN_ADDRESS = {"marta-aalto": ("marta@demo.example", "member"), "fiona-mackay": ("fiona@demo.example", "moderator")}
# Members are made first, so that the moments of writing lie after everybody has joined.
YEARS = timedelta(days=730)
QUARTER = 73  # days between publications; ten of them make the two years


def fill() -> None:
    """Make the whole community. The caller commits."""
    cast = tomllib.loads((HERE / "cast.toml").read_text(encoding="utf-8"))
    create_default_categories()
    for slug, description, synonyms in cast["tags"]:
        create_tag(slug, description, synonyms)
    vendors = {given["slug"]: _vendor(given) for given in cast["vendors"]}
    members = {given["slug"]: _member(given) for given in cast["members"]}
    create_member(name="Demo Admin", email=SIGN_INS[2][1], password=PASSWORD, role="admin")
    started = now()
    for change in cast["changes"]:
        programme = vendors[change["vendor"]].programmes[0]
        record_programme_change(programme, change["what"], happened_at=started - timedelta(days=change["day"]))
    chance = Random(1876)  # noqa: S311 - always the same
    stories = sorted(_stories(), key=lambda story: (-float(story["day"]), str(story["title"])))
    given = sorted(extra_ratings(cast, stories, members), key=lambda one: (-one.day, one.member, one.about))
    for oldest in range(int(YEARS.days), -1, -QUARTER):
        while stories and stories[0]["day"] >= oldest:
            _tell(stories.pop(0), vendors, members, started, chance)
        while given and given[0].day >= oldest:
            rate_extra(given.pop(0), cast, vendors, members, started)
        publish(started - timedelta(days=oldest))
        # Publishing lets go of what the session held.
        db.session.add_all([*vendors.values(), *members.values()])
    for representative in cast["representatives"]:
        _speak(representative, started)


def _stories() -> Iterator[dict[str, Any]]:
    for file in sorted((HERE / "stories").glob("*.toml")):
        yield from tomllib.loads(file.read_text(encoding="utf-8"))["posts"]


def _vendor(given: dict[str, Any]) -> Vendor:
    known = {category.slug: category for category in categories()}
    vendor = add_vendor(
        name=given["name"], category=known[given["category"]], description=given["about"], aliases=given["aliases"]
    )
    for domain in given["domains"]:
        add_domain(vendor, domain)
    add_programme(vendor, given["programme"], [tuple(tier) for tier in given["tiers"]])
    db.session.refresh(vendor)
    return vendor


def _member(given: dict[str, Any]) -> Member:
    domain = given["company"].lower().replace("&", "and").encode("ascii", "ignore").decode().replace(" ", "-")
    email, role = OWN_ADDRESS.get(given["slug"], (f"{given['slug']}@{domain}.example", "member"))
    # Only those who are printed at the start can sign in: sixty hashes would take a second of everybody's first start.
    password = PASSWORD if given["slug"] in OWN_ADDRESS else None
    member = create_member(name=given["name"], email=email, password=password, role=role)
    member.job_title, member.company = given["what"], given["company"]
    member.country, member.time_zone = given["country"], given["time_zone"]
    # Nobody reads mail at these addresses.
    member.digest = "never"
    member.joined_at = now() - YEARS
    member.confirmed_at = member.joined_at
    return member


def _speak(given: dict[str, Any], started: datetime) -> None:
    """Somebody who speaks for a vendor, confirmed long ago, and one official reply."""
    post = db.session.query(Post).filter_by(title=given["post"]).one()
    member = create_member(name=given["name"], email=SIGN_INS[3][1], password=PASSWORD)
    member.country, member.time_zone = given["country"], given["time_zone"]
    member.digest = "never"
    member.joined_at = member.confirmed_at = long_ago = started - YEARS
    vendor_id = member.represents_id = post.vendor_id
    asked = {"requested_at": long_ago, "accepted_at": long_ago, "title": given["title"]}
    db.session.add(Representative(member_id=member.id, vendor_id=vendor_id, **asked))
    at = started - timedelta(days=given["day"])
    write_official_reply(post, member, title=given["title"], body=given["answer"].strip(), at=at)


def _tell(
    story: dict[str, Any], vendors: dict[str, Vendor], members: dict[str, Member], started: datetime, chance: Random
) -> None:
    posted = _moment(started - timedelta(days=story["day"]), chance, started)
    post = write_post(
        members[story["author"]],
        title=story["title"],
        body=story["body"].strip(),
        leaning=story["leaning"],
        tags=list({tag.id: tag for tag in tags_by_word(story["tags"]).values()}.values()),
        subject=_about(story, vendors),
        rating_values=story_answers(story["rating"]) if "rating" in story else None,
        anonymous=story.get("anonymous", False),
        at=posted,
    )
    _find_useful(post, story, members, chance)
    told: list[Comment] = []
    latest = posted
    for reply in story.get("comments", []):
        at = _moment(started - timedelta(days=story["day"] - reply["after"]), chance, started)
        latest = at = max(at, min(latest + timedelta(minutes=chance.randint(4, 90)), started))
        comment = write_comment(
            post,
            members[reply["author"]],
            body=reply["body"].strip(),
            parent=told[reply["to"] - 1] if reply.get("to") else None,
            anonymous=reply.get("anonymous", False),
            at=at,
        )
        _find_useful(comment, reply, members, chance)
        told.append(comment)


def _moment(day: datetime, chance: Random, latest: datetime) -> datetime:
    """Some time in working hours of that day, and never ahead of now."""
    moment = day.replace(hour=7, minute=0, second=0) + timedelta(seconds=chance.randint(0, 12 * 3600))
    return min(moment, latest - timedelta(minutes=2))


def _about(story: dict[str, Any], vendors: dict[str, Vendor]) -> PostSubject:
    if story.get("undisclosed"):
        known = {category.slug: category for category in categories()}
        return PostSubject(category=known[story["category"]], description=story["undisclosed"])
    if not story.get("vendor"):
        return PostSubject()
    vendor = vendors[story["vendor"]]
    programme = vendor.programmes[0]
    return PostSubject(vendor, programme, next((tier for tier in programme.tiers if tier.name == story.get("tier")), None))


def _find_useful(item: Post | Comment, told: dict[str, Any], members: dict[str, Member], chance: Random) -> None:
    # In one go: eleven thousand marks one by one would take most of a first start.
    others = [member.id for slug, member in members.items() if slug != told["author"]]
    readers = chance.sample(others, min(told.get("useful", 0), len(others)))
    db.session.add_all(UsefulVote(member_id=reader, **target_columns(item)) for reader in readers)
    item.useful_count = len(readers)
