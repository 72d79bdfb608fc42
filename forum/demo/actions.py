"""Fill an empty database with the demo community of cast.toml and stories/."""

import tomllib
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any

from forum.accounts.actions import create_member
from forum.accounts.models import Member
from forum.db import db, now
from forum.demo.moderation_actions import moderate_demo
from forum.demo.rating_actions import create_extra_rating, extra_ratings, story_answers
from forum.notifications.paces import same_pace
from forum.posts.actions import PostSubject, write_post
from forum.posts.comment_actions import write_comment
from forum.posts.models import Comment, Post, UsefulVote, target_columns
from forum.posts.official_actions import write_official_reply
from forum.posts.recounts import settle_recounts
from forum.posts.tags.actions import create_starter_tags
from forum.posts.tags.queries import tags_by_word
from forum.ratings.scores.actions import publish
from forum.search.actions import index_new_replies
from forum.vendors.actions import (
    add_domain,
    add_programme,
    add_vendor,
    create_default_categories,
    record_programme_change,
)
from forum.vendors.models import Category, Representative, Vendor
from forum.vendors.queries import categories

DATA_FOLDER = Path(__file__).parent
PASSWORD = "two way street"  # noqa: S105 - printed at every start, and opens a demo only
# Role, e-mail address and password of the accounts that `make run` prints. The first two are members of the cast.
SIGN_INS = [
    ("member", "marta@demo.example", PASSWORD),
    ("moderator", "fiona@demo.example", PASSWORD),
    ("admin", "admin@demo.example", PASSWORD),
    ("vendor", "ingrid@northwind-storage.example", PASSWORD),
]
CAST_ACCOUNTS = {"marta-aalto": ("marta@demo.example", "member"), "fiona-mackay": ("fiona@demo.example", "moderator")}
# Members join this long ago, before any post.
DEMO_PERIOD = timedelta(days=730)
PUBLICATION_INTERVAL = 73  # days; ten of them make up the two years


def fill_demo() -> None:
    """Create the whole community. The caller commits."""
    cast = tomllib.loads((DATA_FOLDER / "cast.toml").read_text(encoding="utf-8"))
    create_default_categories()
    create_starter_tags()
    vendors = {entry["slug"]: _create_vendor(entry) for entry in cast["vendors"]}
    members = {entry["slug"]: _create_cast_member(entry) for entry in cast["members"]}
    admin = create_member(name="Demo Admin", email=SIGN_INS[2][1], password=PASSWORD, role="admin")
    started = now()
    for change in cast["changes"]:
        programme = vendors[change["vendor"]].programmes[0]
        record_programme_change(programme, change["summary"], happened_at=started - timedelta(days=change["day"]))
    random = Random(1876)  # noqa: S311 - the demo is the same every time
    stories = sorted(_stories(), key=lambda story: (-float(story["day"]), str(story["title"])))
    extras = sorted(extra_ratings(cast, stories, members), key=lambda extra: (-extra.day, extra.member, extra.about))
    all_stories = tuple(stories)
    for days_ago in range(int(DEMO_PERIOD.days), -1, -PUBLICATION_INTERVAL):
        while stories and stories[0]["day"] >= days_ago:
            _write_story(stories.pop(0), vendors, members, started, random)
        while extras and extras[0].day >= days_ago:
            create_extra_rating(extras.pop(0), cast, vendors, members, started)
        publish(started - timedelta(days=days_ago))
        # publish() expunges the session.
        db.session.add_all([*vendors.values(), *members.values()])
    for representative in cast["representatives"]:
        _create_representative(representative, started)
    moderate_demo(members, [members["fiona-mackay"], admin], all_stories, started)
    settle_recounts(db.session.flush)
    index_new_replies(db.session.flush)


def _stories() -> Iterator[dict[str, Any]]:
    for file in sorted((DATA_FOLDER / "stories").glob("*.toml")):
        yield from tomllib.loads(file.read_text(encoding="utf-8"))["posts"]


def _create_vendor(entry: dict[str, Any]) -> Vendor:
    vendor = add_vendor(
        name=entry["name"],
        category=_categories_by_slug()[entry["category"]],
        description=entry["about"],
        aliases=entry["aliases"],
    )
    for domain in entry["domains"]:
        add_domain(vendor, domain)
    add_programme(vendor, entry["programme"], [tuple(tier) for tier in entry["tiers"]])
    db.session.refresh(vendor)
    return vendor


def _create_cast_member(entry: dict[str, Any]) -> Member:
    domain = entry["company"].lower().replace("&", "and").encode("ascii", "ignore").decode().replace(" ", "-")
    email, role = CAST_ACCOUNTS.get(entry["slug"], (f"{entry['slug']}@{domain}.example", "member"))
    # Only the accounts that `make run` prints have a password: sixty hashes would add a second to the first start.
    password = PASSWORD if entry["slug"] in CAST_ACCOUNTS else None
    member = create_member(name=entry["name"], email=email, password=password, role=role)
    member.job_title, member.company = entry["job_title"], entry["company"]
    member.country, member.time_zone = entry["country"], entry["time_zone"]
    # Nobody reads mail at these addresses.
    member.mail_paces = same_pace("never")
    member.joined_at = now() - DEMO_PERIOD
    member.confirmed_at = member.joined_at
    return member


def _create_representative(entry: dict[str, Any], started: datetime) -> None:
    """Create a vendor's representative, confirmed long ago, and one official reply."""
    post = db.session.query(Post).filter_by(title=entry["post"]).one()
    member = create_member(name=entry["name"], email=SIGN_INS[3][1], password=PASSWORD)
    member.country, member.time_zone = entry["country"], entry["time_zone"]
    member.mail_paces = same_pace("never")
    member.joined_at = member.confirmed_at = long_ago = started - DEMO_PERIOD
    vendor_id = member.represents_id = post.vendor_id
    representative = Representative(
        member_id=member.id, vendor_id=vendor_id, requested_at=long_ago, accepted_at=long_ago, title=entry["title"]
    )
    db.session.add(representative)
    at = started - timedelta(days=entry["day"])
    write_official_reply(post, member, title=entry["title"], body=entry["answer"].strip(), at=at)


def _write_story(
    story: dict[str, Any], vendors: dict[str, Vendor], members: dict[str, Member], started: datetime, random: Random
) -> None:
    """Write a post of the demo with its comments and useful votes."""
    posted_at = _random_time_on(started - timedelta(days=story["day"]), random, started)
    post = write_post(
        members[story["author"]],
        title=story["title"],
        body=story["body"].strip(),
        leaning=story["leaning"],
        tags=list({tag.id: tag for tag in tags_by_word(story["tags"]).values()}.values()),
        subject=_subject(story, vendors),
        rating_answers=story_answers(story["rating"]) if "rating" in story else None,
        anonymous=story.get("anonymous", False),
        at=posted_at,
    )
    if post.rating is not None:
        post.rating.counted_from = post.rating.rated_at
    _add_useful_votes(post, story, members, random)
    _write_comments(post, story, posted_at, members, started, random)


def _write_comments(
    post: Post,
    story: dict[str, Any],
    posted_at: datetime,
    members: dict[str, Member],
    started: datetime,
    random: Random,
) -> None:
    comments: list[Comment] = []
    previous_at = posted_at
    for entry in story.get("comments", []):
        at = _random_time_on(started - timedelta(days=story["day"] - entry["after"]), random, started)
        previous_at = at = max(at, min(previous_at + timedelta(minutes=random.randint(4, 90)), started))
        comment = write_comment(
            post,
            members[entry["author"]],
            body=entry["body"].strip(),
            parent=comments[entry["to"] - 1] if entry.get("to") else None,
            anonymous=entry.get("anonymous", False),
            at=at,
        )
        _add_useful_votes(comment, entry, members, random)
        comments.append(comment)


def _random_time_on(day: datetime, random: Random, latest: datetime) -> datetime:
    """Return a time in the working hours of that day, at least two minutes before `latest`."""
    at = day.replace(hour=7, minute=0, second=0) + timedelta(seconds=random.randint(0, 12 * 3600))
    return min(at, latest - timedelta(minutes=2))


def _subject(story: dict[str, Any], vendors: dict[str, Vendor]) -> PostSubject:
    if story.get("undisclosed"):
        return PostSubject(category=_categories_by_slug()[story["category"]], description=story["undisclosed"])
    if not story.get("vendor"):
        return PostSubject()
    vendor = vendors[story["vendor"]]
    programme = vendor.programmes[0]
    return PostSubject(
        vendor, programme, next((tier for tier in programme.tiers if tier.name == story.get("tier")), None)
    )


def _add_useful_votes(item: Post | Comment, entry: dict[str, Any], members: dict[str, Member], random: Random) -> None:
    # In bulk: eleven thousand votes one by one would take most of a first start.
    candidates = [member.id for slug, member in members.items() if slug != entry["author"]]
    voters = random.sample(candidates, min(entry.get("useful", 0), len(candidates)))
    db.session.add_all(UsefulVote(member_id=voter, **target_columns(item)) for voter in voters)
    item.useful_count = len(voters)


def _categories_by_slug() -> dict[str, Category]:
    return {category.slug: category for category in categories()}
