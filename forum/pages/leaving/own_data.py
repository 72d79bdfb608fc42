"""A member's own data as one JSON document, piece by piece: for that member alone, anonymous writing included."""

import json
from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Any

from forum.access import is_listed
from forum.accounts.sanctions import active_sanctions
from forum.moderation.notices.queries import notices_for_member
from forum.notifications.following import following_of
from forum.pages.leaving.queries import own_useful_marks, own_writing
from forum.posts.models import Comment, Post
from forum.posts.chain_queries import anonymous_texts_of, used_chain_links_of
from forum.posts.item_queries import revisions_of
from forum.posts.scheduled_actions import scheduled_texts_of
from forum.posts.tags.queries import tag_slugs_of
from forum.ratings.actions import ANSWER_KEYS
from forum.ratings.queries import member_ratings
from forum.vendors.representative_queries import representation_of
from forum.urls import key_text

PROFILE = ("name", "slug", "email", "role", "joined_at", "confirmed_at", "job_title", "company", "country", "time_zone")
KINDS = ("business_type", "region", "digest")


def own_data(member: Any) -> Iterator[str]:
    """The document in pieces; memory does not grow with how much was written."""
    links = used_chain_links_of(member)
    yield '{"format": "full duplex 1",\n"profile": '
    yield _json({name: getattr(member, name) for name in (*PROFILE, *KINDS)})
    for name, things in (
        ("posts", (_post(post) for post in own_writing(Post, member, links))),
        ("replies", (_reply(comment) for comment in own_writing(Comment, member, links))),
        ("ratings", (_rating(rating) for rating in member_ratings(member))),
        ("found_useful", ({"id": key_text(one.post_id or one.comment_id or 0)} for one in own_useful_marks(member))),
        ("following", _followed(member)),
        ("waiting_to_appear", ({"latest": one.deadline, **one.form_data} for one in scheduled_texts_of(member))),
        ("speaks_for", (_representation(one) for one in [representation_of(member)] if one is not None)),
        ("sanctions", (_sanction(one) for one in active_sanctions(member).sanctions)),
        ("notices", (_notice(one) for one in _notices(member))),
    ):
        yield f',\n"{name}": ['
        yield from _parted(things)
        yield "]"
    yield "}\n"


def _parted(things: Iterable[dict[str, Any]]) -> Iterator[str]:
    for n, thing in enumerate(things):
        yield (",\n" if n else "\n") + _json(thing)


def _writing(item: Any) -> dict[str, Any]:
    before = [{"title": old.title, "body": old.body, "until": old.replaced_at} for old in revisions_of(item)]
    return {
        "id": key_text(item.id),
        "anonymous": item.pseudonym_id is not None,
        "name": item.pseudonym.name if item.pseudonym else None,
        "body": item.body,
        "created_at": item.created_at,
        "edited_at": item.edited_at,
        "deleted_at": item.deleted_at,
        "shown": is_listed(item),
        "hidden_reason": item.hidden_reason,
        "useful_count": item.useful_count,
        "badge": item.badge,
        "before": before,
    }


def _post(post: Post) -> dict[str, Any]:
    return _writing(post) | {
        "title": post.title,
        "leaning": post.leaning,
        "vendor": post.vendor.name if post.vendor else post.vendor_description,
        "tags": tag_slugs_of([post.id]).get(post.id, []),
    }


def _reply(comment: Comment) -> dict[str, Any]:
    official = {"official_as": comment.official_title} if comment.official_title else {}
    return _writing(comment) | {"post": key_text(comment.post_id)} | official


def _rating(rating: Any) -> dict[str, Any]:
    return {
        "anonymous": rating.anonymous,
        "vendor": rating.vendor.name if rating.vendor else rating.vendor_description,
        "programme": rating.programme.name if rating.programme else None,
        "tier": rating.tier.name if rating.tier else None,
        "rated_at": rating.rated_at,
        "revised_at": rating.revised_at,
        **{key: getattr(rating, key) for key in ANSWER_KEYS},
    }


def _followed(member: Any) -> Iterator[dict[str, Any]]:
    everything = following_of(member)
    yield from ({"post": key_text(one.row.id), "title": one.row.title, "new": one.unread} for one in everything.posts)
    yield from ({"tag": one.row.slug, "new": one.unread} for one in everything.tags)
    yield from ({"vendor": one.row.name, "new": one.unread} for one in everything.vendors)


def _representation(one: Any) -> dict[str, Any]:
    return {
        "vendor": one.vendor.name,
        "title": one.title,
        "requested_at": one.requested_at,
        "accepted_at": one.accepted_at,
        "ended_at": one.ended_at,
    }


def _notices(member: Any) -> Iterable[Any]:
    posts, comments = anonymous_texts_of(member)
    return notices_for_member(member, [row.id for row in posts], [row.id for row in comments], most=1000)


def _notice(notice: Any) -> dict[str, Any]:
    """What somebody outside said of a text, and the answer. Not who said it."""
    return {
        "about": key_text(notice.comment_id or notice.post_id),
        "why": notice.complaint,
        "law": notice.law,
        "confirmed_at": notice.confirmed_at,
        "answer": notice.answer,
        "outcome": notice.outcome,
    }


def _sanction(one: Any) -> dict[str, Any]:
    return {"kind": one.kind, "said": one.message, "created_at": one.created_at, "until": one.ends_at}


def _json(thing: Any) -> str:
    def plain(value: Any) -> str:
        if isinstance(value, datetime):
            return value.isoformat()
        raise TypeError(type(value).__name__)

    return json.dumps(thing, ensure_ascii=False, default=plain)
