"""Texts and posts of the journeys' community."""

from itertools import count
from typing import Any

from flask import url_for

from forum.accounts.models import Member
from forum.db import now
from forum.posts.actions import PostSubject, write_post
from forum.posts.models import Post
from forum.posts.tags.queries import tags_by_word
from forum.vendors.queries import categories

LONG = "Wärmepumpenförderungsantragsbearbeitungs" * 8
EVERYTHING = """\
A paragraph with **bold**, *italic*, `code`, ~~struck~~ and a link: https://example.com/a/rather/long/path

## A heading
- one
- two
  - two and a half

1. first
2. second

> Registration confirms that you were first. It does not prevent other partners from quoting.

| Tier | Certified people | Training, a head | Annual fee | Revenue target a year | Hours on webinars |
| --- | --- | --- | --- | --- | --- |
| Silver | 4 | €1,500 | €1,500 | €150,000 | 40 |
| Gold | 8 | €2,100 | €4,500 | €600,000 | 70 |

    a block of code with one very long line that goes on and on and on and on and on and on and on and on and on
"""
_n = count(1)


def some_tags(*names: str) -> list[Any]:
    return list(tags_by_word(list(names or ("exam-renewal", "training-cost"))).values())


def publish_post(author: Member, **fields: Any) -> Post:
    body = "We registered eleven deals. Nine were approved. Four of those were still ours at the order."
    return write_post(author, **{"body": body, "leaning": "mixed", "tags": some_tags(), "at": now(), **fields})


def publish_anonymous_post(author: Member) -> Post:
    about = PostSubject(category=categories()[0], description="a large hardware supplier")
    return publish_post(
        author, title=f"They moved the threshold in July, part {next(_n)}", subject=about, anonymous=True
    )


def path_of(post: Post) -> str:
    return url_for("posts.show", post_id=post.id, slug=post.slug)
