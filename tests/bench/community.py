"""The community that is measured: 200 posts, one of them with 50 replies, and the members who will reply."""

from datetime import datetime, timedelta
from random import Random
from typing import NamedTuple

from forum.accounts.models import Member
from forum.db import db, now
from forum.posts.actions import PostSubject, write_post
from forum.posts.comment_actions import write_comment
from forum.posts.models import Comment, Post
from forum.posts.tags.actions import create_tag
from forum.posts.writing import mark_useful
from forum.vendors.actions import add_programme, add_vendor, create_default_categories
from forum.vendors.queries import categories

POSTS = 200
REPLIES = 50
WRITERS = 320
SENTENCES = """We held the second highest tier for four years and paid for it in exams.
The renewal came in March, with nine weeks' notice and a **new** revenue target.
Our account manager changed three times; nobody called back before the quarter was over.
We registered eleven deals, nine were approved, and four were still ours when the order came.
The special bid was refused because a partner below us had asked two days earlier.
For pre-sales we had one engineer for the whole region, good when he was there.
Beta access was real: our people found two faults and saw them mended before the release.
The courses cost 3,500 a head, and two of four certified colleagues have left since.
Market money exists on paper; the form has eleven pages and the answer took until autumn.
Would I sign again? With *these* terms, only for the vendor's larger customers.""".split("\n")
TAGS = "certification deal-registration discounts education pre-sales renewals revenue-targets special-bids".split()


class Community(NamedTuple):
    """The measured post with 50 replies, the posts that get new replies, and their writers."""

    measured: Post
    unmeasured: list[Post]
    writers: list[Member]


def create_community() -> Community:
    """Create the community, the same in every run. The caller commits."""
    chance = Random(50)
    create_default_categories()
    tags = [create_tag(slug, f"What partners say about {slug}", ()) for slug in TAGS]
    kinds = categories()
    vendors = [
        add_vendor(name=f"Vendor {n}", category=kinds[n % len(kinds)], description="Makes things.") for n in range(12)
    ]
    programmes = [add_programme(vendor, f"{vendor.name} Partners", [("Gold", 4, 3500, 0, 0)]) for vendor in vendors]
    members = [_member(n) for n in range(WRITERS)]
    db.session.flush()
    start = now() - timedelta(days=300)
    posts = []
    for n in range(POSTS):
        vendor = vendors[n % 12]
        post = write_post(
            members[n % 60],
            title=f"What the status brought us in year {n}, and what it cost",
            body=_text(chance, 8),
            leaning=chance.choice(["good", "bad", "mixed"]),
            tags=chance.sample(tags, 3),
            subject=PostSubject(vendor, programmes[n % 12], programmes[n % 12].tiers[0]),
            anonymous=n % 5 == 0,
            at=start + timedelta(hours=n),
        )
        posts.append(post)
        _talk(post, members, REPLIES if n == POSTS - 1 else 2, chance, post.created_at)
    return Community(posts[-1], posts[:-1], members)


def _member(n: int) -> Member:
    member = Member(
        name=f"Member {n} Aalto",
        slug=f"member-{n}",
        email=f"member{n}@partner.example",
        password_hash="none",
        confirmed_at=now(),
        vouched_at=now(),
        joined_at=now() - timedelta(days=400),
        job_title="Presales lead",
        country="Finland",
    )
    db.session.add(member)
    return member


def _talk(post: Post, members: list[Member], replies: int, chance: Random, start: datetime) -> None:
    comments: list[Comment] = []
    for n in range(replies):
        comment = write_comment(
            post,
            members[chance.randrange(60)],
            body=_text(chance, 3),
            parent=chance.choice(comments[-8:]) if comments and n % 3 else None,
            anonymous=n % 4 == 0,
            at=start + timedelta(minutes=20 * n),
        )
        comments.append(comment)
        for member in members[100 : 100 + n % 4]:
            mark_useful(member, comment)


def _text(chance: Random, sentences: int) -> str:
    return "\n\n".join(" ".join(chance.sample(SENTENCES, 2)) for _ in range(sentences // 2)) + " " + SENTENCES[0]
