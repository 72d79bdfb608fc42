"""A member's own data as one JSON document, anonymous writing included unless it is locked. For that member alone."""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime

from forum.access import is_anonymous_writing_locked, is_listed
from forum.accounts.lock_actions import lock_message
from forum.accounts.models import Member, Sanction
from forum.accounts.sanctions import readable_sanctions
from forum.moderation.models import Notice
from forum.moderation.notices.queries import notices_for_member
from forum.notifications.following import following_of, with_titles
from forum.notifications.search_follows import followed_searches
from forum.pages.leaving.queries import own_useful_votes, own_writing, revisions_by_item
from forum.pages.saved.queries import saved_lists
from forum.posts.chain_queries import readable_chain_links_of
from forum.posts.draft_actions import drafts_of
from forum.posts.models import Comment, Post, Revision
from forum.posts.scheduled_actions import scheduled_texts_of
from forum.posts.tags.queries import tag_slugs_of
from forum.ratings.models import ANSWER_KEYS, Rating
from forum.ratings.queries import readable_ratings
from forum.urls import key_text
from forum.vendors.models import Representative
from forum.vendors.representative_queries import representation_of

JsonObject = dict[str, object]
PROFILE = ("name", "slug", "email", "role", "joined_at", "confirmed_at", "job_title", "company", "country", "time_zone")
CHOICES = ("business_type", "region", "mail_paces", "work_domain", "work_domain_proved_at")


def own_data(member: Member) -> Iterator[str]:
    """Yield the document in pieces, so that memory does not grow with how much the member wrote."""
    links = readable_chain_links_of(member)
    yield '{"format": "full duplex 1",\n"profile": '
    yield _json({name: getattr(member, name) for name in (*PROFILE, *CHOICES)})
    if message := lock_message(member):
        yield f',\n"left_out": {json.dumps(message)}'
    saved = saved_lists(member.id)
    yield f',\n"saved_weights": {json.dumps(dict(saved.weights))}'
    yield f',\n"shortlist": {json.dumps(list(saved.shortlist))}'
    representation = representation_of(member)
    for name, items in (
        ("posts", _posts(member, links)),
        ("replies", _replies(member, links)),
        ("ratings", (_rating(rating) for rating in readable_ratings(member))),
        ("useful_votes", ({"id": key_text(vote.post_id or vote.comment_id or 0)} for vote in own_useful_votes(member))),
        ("following", _followed_items(member)),
        ("bookmarks", _bookmarks(member)),
        ("scheduled", ({"latest": item.deadline, **item.form_data} for item in scheduled_texts_of(member))),
        ("drafts", ({"saved_on": draft.saved_at, **draft.form_data} for draft in drafts_of(member))),
        ("passkeys", ({"name": row.name, "created_at": row.created_at} for row in member.passkeys)),
        ("represents", [_representation(representation)] if representation else []),
        ("sanctions", (_sanction(sanction) for sanction in readable_sanctions(member).sanctions)),
        ("notices", (_notice(notice) for notice in _notices(member))),
    ):
        yield f',\n"{name}": ['
        yield from _json_items(items)
        yield "]"
    yield "}\n"


def _json_items(items: Iterable[Mapping[str, object]]) -> Iterator[str]:
    for n, item in enumerate(items):
        yield (",\n" if n else "\n") + _json(item)


def _posts(member: Member, links: Sequence[str]) -> Iterator[JsonObject]:
    for posts in own_writing(Post, member, links):
        ids = [post.id for post in posts]
        revisions, tags = revisions_by_item(Post, ids), tag_slugs_of(ids)
        for post in posts:
            yield _writing(post, revisions.get(post.id, [])) | {
                "title": post.title,
                "leaning": post.leaning,
                "vendor": post.vendor.name if post.vendor else post.vendor_description,
                "tags": tags.get(post.id, []),
            }


def _replies(member: Member, links: Sequence[str]) -> Iterator[JsonObject]:
    for comments in own_writing(Comment, member, links):
        revisions = revisions_by_item(Comment, [comment.id for comment in comments])
        for comment in comments:
            official = {"official_as": comment.official_title} if comment.official_title else {}
            yield _writing(comment, revisions.get(comment.id, [])) | {"post": key_text(comment.post_id)} | official


def _writing(item: Post | Comment, revisions: Sequence[Revision]) -> JsonObject:
    return {
        "id": key_text(item.id),
        "anonymous": item.pseudonym_id is not None,
        "name": item.pseudonym.name if item.pseudonym else None,
        "body": item.body,
        "created_at": item.created_at,
        "edited_at": item.edited_at,
        "deleted_at": item.deleted_at,
        "listed": is_listed(item),
        "hidden_reason": item.hidden_reason,
        "useful_count": item.useful_count,
        "badge": item.badge,
        "revisions": [
            {"title": revision.title, "body": revision.body, "replaced_at": revision.replaced_at}
            for revision in revisions
        ],
    }


def _rating(rating: Rating) -> JsonObject:
    return {
        "anonymous": rating.anonymous,
        "vendor": rating.vendor.name if rating.vendor else rating.vendor_description,
        "programme": rating.programme.name if rating.programme else None,
        "tier": rating.tier.name if rating.tier else None,
        "rated_at": rating.rated_at,
        "revised_at": rating.revised_at,
        **{key: getattr(rating, key) for key in ANSWER_KEYS},
    }


def _followed_items(member: Member) -> Iterator[JsonObject]:
    following = following_of(member)
    for item in with_titles(following.posts):
        yield {"post": key_text(item.row.id), "title": item.row.title, "unread": item.unread}
    for item in following.tags:
        yield {"tag": item.row.slug, "unread": item.unread}
    for item in following.vendors:
        yield {"vendor": item.row.name, "unread": item.unread}
    for query in followed_searches(member):
        yield {"search": query}


def _bookmarks(member: Member) -> Iterator[JsonObject]:
    """Yield bookmarks with their notes: none while anonymous writing is locked, since a note may be about it."""
    bookmarks = {} if is_anonymous_writing_locked(member) else saved_lists(member.id).bookmarks
    for post_id, note in bookmarks.items():
        yield {"post": key_text(post_id), "note": note}


def _representation(row: Representative) -> JsonObject:
    return {
        "vendor": row.vendor.name,
        "title": row.title,
        "requested_at": row.requested_at,
        "accepted_at": row.accepted_at,
        "ended_at": row.ended_at,
    }


def _notices(member: Member) -> Iterable[Notice]:
    return notices_for_member(member, readable_chain_links_of(member), limit=1000)


def _notice(notice: Notice) -> JsonObject:
    """Return the notice and the author's answer, without its sender."""
    return {
        "about": key_text(notice.comment_id or notice.post_id or 0),
        "complaint": notice.complaint,
        "law": notice.law,
        "confirmed_at": notice.confirmed_at,
        "answer": notice.answer,
        "outcome": notice.outcome,
    }


def _sanction(sanction: Sanction) -> JsonObject:
    return {
        "kind": sanction.kind,
        "message": sanction.message,
        "created_at": sanction.created_at,
        "ends_at": sanction.ends_at,
    }


def _json(value: Mapping[str, object]) -> str:
    return json.dumps(value, ensure_ascii=False, default=datetime.isoformat)
