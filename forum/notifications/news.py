"""What is new for a member, by thread: derived from counts, from their own texts and from one sealed state.

There is no row for an event. So nothing that is stored, or missing, tells who wrote what: one's own replies are left
out only here, where the list is made for its reader.
"""

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from datetime import datetime
from typing import NamedTuple

from forum.accounts.models import Member
from forum.db import now, start_of_day
from forum.notifications.following import FollowedItem, Following, following_by_state, openly_followed
from forum.notifications.member_state import Target, unseal_state
from forum.notifications.mention_queries import mentions_of
from forum.notifications.news_queries import NewsRow, latest_posts, latest_replies
from forum.notifications.own_text_queries import OwnTexts, state_and_own_replies
from forum.notifications.queries import followed_posts, sealed_state
from forum.notifications.search_follows import matches_by_search, search_path
from forum.notifications.signals import news_collected
from forum.posts.chain_queries import readable_chain_links_of
from forum.posts.comment_actions import position_of
from forum.posts.models import Post
from forum.urls import path_of

# Of more threads with something unread, the ones with the latest activity are listed.
MAX_THREADS = 100


class NewsPart(NamedTuple):
    """What is unread of one kind, the latest first; `ids` are of replies or posts and may be fewer than `unread`."""

    kind: str
    unread: int
    ids: tuple[int, ...] = ()
    # Because of an anonymous text of the member's: named so only after a fresh proof of who reads.
    is_private: bool = False


class NewsGroup(NamedTuple):
    """What is unread in one thread, vendor, tag or search, or of another kind of news."""

    kind: str
    # The id of the item, the query of a search, or 0.
    item: int | str
    title: str
    path: str
    latest_at: datetime
    parts: tuple[NewsPart, ...]
    # What is stored as the mark of (kind, item) when it is read; see SealedState.
    mark: int = 0

    @property
    def unread(self) -> int:
        """How much is unread in it."""
        return sum(part.unread for part in self.parts)

    @property
    def target(self) -> str:
        """The group's name in forms and addresses."""
        return f"{self.kind} {self.item}"


def news_of(
    member: Member,
    *,
    with_anonymous: bool = True,
    with_muted: bool = False,
    post_ids: Collection[int] | None = None,
) -> list[NewsGroup]:
    """Return what is new for the member, the latest first, if not asked otherwise without the kinds they turned off.

    Without `with_anonymous`, everything is as if the member had never written anonymously: their own anonymous replies
    count as anybody's, and threads in which they wrote only anonymously are left out. A mail may say no more than that.
    With `post_ids`, new replies are looked up in these threads only.
    """
    state = unseal_state(sealed_state(member.id))
    links = readable_chain_links_of(member)
    find_followed = following_by_state if with_anonymous else openly_followed
    following = find_followed(member, state.items, links)
    muted_kinds: frozenset[str] = frozenset() if with_muted else state.muted_kinds
    mentions = {} if "mention" in muted_kinds else _mentions_by_thread(member, following.posts)
    threads = [item for item in following.posts if post_ids is None or item.row.id in post_ids]
    groups = [*_thread_groups(threads, mentions, state.marks), *_item_groups(following)]
    groups += _search_groups(following, state.searches)
    for _, added in news_collected.send(member, state=state, links=links if with_anonymous else []):
        groups += added
    return sorted(_without_kinds(groups, muted_kinds), key=lambda group: (group.latest_at, group.target), reverse=True)


def unread_total(groups: Iterable[NewsGroup]) -> int:
    """Return how much is unread in all groups."""
    return sum(group.unread for group in groups)


def without_private(group: NewsGroup) -> NewsGroup:
    """Return the group with answers to anonymous texts among the other new replies of the thread."""
    if not any(part.is_private for part in group.parts):
        return group
    merged = [part for part in group.parts if part.is_private or part.kind == "post"]
    ids = tuple(item_id for part in merged for item_id in part.ids)
    part = NewsPart("post", sum(part.unread for part in merged), ids)
    return group._replace(parts=(*(part for part in group.parts if part not in merged), part))


def _without_kinds(groups: Iterable[NewsGroup], muted_kinds: frozenset[str]) -> Iterable[NewsGroup]:
    for group in groups:
        parts = tuple(part for part in group.parts if part.kind not in muted_kinds and part.unread > 0)
        if parts:
            yield group._replace(parts=parts)


def _thread_groups(
    items: Sequence[FollowedItem], mentions: Mapping[int, Sequence[int]], marks: Mapping[Target, int]
) -> list[NewsGroup]:
    """Return the threads with unread replies, and those with unread mentions, followed or not."""
    new_mentions = {
        post_id: ids[: len(ids) - mark]
        for post_id, ids in mentions.items()
        if len(ids) > (mark := marks.get(("post", post_id), 0))
    }
    followed_ids = {item.row.id for item in items}
    rows = followed_posts([post_id for post_id in new_mentions if post_id not in followed_ids])
    threads = [item for item in items if item.unread][:MAX_THREADS]
    threads += [item for item in items if not item.unread and item.row.id in new_mentions]
    threads += [FollowedItem(row, 0, 0, is_unannounced=False) for row in rows]
    replies = _rows_by(lambda row: row.post_id, latest_replies([item.row.id for item in threads if item.unread]))
    return [
        NewsGroup(
            "post",
            item.row.id,
            item.row.title,
            path_of("posts.show", post_id=item.row.id, slug=item.row.slug),
            item.row.last_activity_at,
            _thread_parts(item, replies.get(item.row.id, []), new_mentions.get(item.row.id, ())),
            mark=len(mentions.get(item.row.id, ())),
        )
        for item in threads
    ]


def _thread_parts(item: FollowedItem, rows: Sequence[NewsRow], mention_ids: Sequence[int]) -> tuple[NewsPart, ...]:
    texts = item.texts or OwnTexts()
    signatures = {reply.id: reply.is_signed for reply in texts.replies}
    unread = last_written([row for row in rows if row.id not in signatures], item.unread)
    by_kind: dict[tuple[str, bool], list[int]] = {}
    for row in unread:
        is_own_parent = row.parent_id in signatures if row.parent_id is not None else texts.wrote_post
        is_signed = signatures.get(row.parent_id, texts.is_post_signed)
        kind = "official" if row.official_vendor_id is not None else "reply" if is_own_parent else "post"
        kind = "mention" if row.id in mention_ids else kind
        by_kind.setdefault((kind, kind == "reply" and not is_signed), []).append(row.id)
    # What there is beyond these rows, and news that is no reply, such as a notice about a text.
    remaining = max(item.unread - len(unread), 0)
    listed_ids = {row.id for row in unread}
    by_kind.setdefault(("mention", False), []).extend(id for id in mention_ids if id not in listed_ids)
    counts = Counter({key: len(ids) for key, ids in by_kind.items()}) + Counter({("post", False): remaining})
    return tuple(
        NewsPart(kind, unread_count, tuple(id for id in by_kind.get((kind, is_private), ()) if id), is_private)
        for (kind, is_private), unread_count in counts.items()
    )


def _mentions_by_thread(member: Member, items: Sequence[FollowedItem]) -> dict[int, list[int]]:
    """Return the ids of the replies that mention the member, 0 for the post, by thread. Their own texts are none."""
    texts = [item.texts for item in items if item.texts is not None]
    own_ids = {reply.id for own_texts in texts for reply in own_texts.replies}
    own_post_ids = {item.row.id for item in items if item.texts is not None and item.texts.wrote_post}
    by_thread: dict[int, list[int]] = {}
    for row in mentions_of(member.id):
        if row.comment_id not in own_ids and (row.comment_id is not None or row.post_id not in own_post_ids):
            by_thread.setdefault(row.post_id, []).append(row.comment_id or 0)
    return by_thread


def first_unread_reply(post: Post, member: Member, unread: int) -> int | None:
    """Return the id of the oldest among the last `unread` replies that others wrote, or None without any."""
    _, own_replies = state_and_own_replies(member, post.id, post.thread_key)
    own_ids = {reply.id for reply in own_replies}
    rows = last_written([row for row in latest_replies([post.id]) if row.id not in own_ids], unread)
    return rows[-1].id if rows else None


def last_written(rows: Sequence[NewsRow], number: int) -> Sequence[NewsRow]:
    """Return the last of the rows to be written. An anonymous reply has a day and a place in its thread."""
    if number >= len(rows) or number == 0:
        return rows[:number]
    day = start_of_day(rows[number - 1].created_at)
    certain = [row for row in rows if start_of_day(row.created_at) > day]
    same_day = [row for row in rows if start_of_day(row.created_at) == day]
    is_tied = rows[number - 1].created_at == rows[number].created_at
    if is_tied or any(row.pseudonym_id is not None for row in same_day):
        same_day.sort(key=lambda row: position_of(row.position_seal), reverse=True)
    return [*certain, *same_day][:number]


def _item_groups(following: Following) -> list[NewsGroup]:
    own_ids = {item.row.id for item in following.posts if item.texts is not None and item.texts.wrote_post}
    groups = []
    for kind, items in (("vendor", following.vendors), ("tag", following.tags)):
        unread = {item.row.id: item for item in items if item.unread}
        rows = _rows_by(lambda row: row.item_id, latest_posts(kind, list(unread)))
        for item_id, item in unread.items():
            posts = [row for row in rows.get(item_id, []) if row.id not in own_ids][: item.unread]
            if posts:
                title = item.row.name if kind == "vendor" else f"#{item.row.name}"
                path = path_of(f"pages.{kind}", slug=item.row.slug)
                part = NewsPart(kind, item.unread, tuple(row.id for row in posts))
                groups.append(NewsGroup(kind, item_id, title, path, posts[0].created_at, (part,)))
    return groups


def _search_groups(following: Following, searches: Mapping[str, int]) -> list[NewsGroup]:
    texts = {item.row.id: item.texts for item in following.posts if item.texts is not None}
    own_replies = {(post_id, reply.id) for post_id, own_texts in texts.items() for reply in own_texts.replies}
    own_posts = {(post_id, None) for post_id, own_texts in texts.items() if own_texts.wrote_post}
    matches = matches_by_search(searches, own_replies | own_posts)
    day = start_of_day(now())
    return [
        NewsGroup(
            "search",
            query,
            f"Search: {query}",
            search_path(query),
            day,
            (NewsPart("search", len(rows), tuple(dict.fromkeys(post_id for post_id, _ in rows))),),
            mark=day.toordinal(),
        )
        for query, rows in matches.items()
    ]


def _rows_by(key: Callable[[NewsRow], int], rows: Iterable[NewsRow]) -> dict[int, list[NewsRow]]:
    by_key: dict[int, list[NewsRow]] = {}
    for row in rows:
        by_key.setdefault(key(row), []).append(row)
    return by_key
