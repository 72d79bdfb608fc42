"""What is new for a member, by thread: derived from counts, from their own texts and from one sealed state.

There is no row for an event. So nothing that is stored, or missing, tells who wrote what: one's own replies are left
out only here, where the list is made for its reader.
"""

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from itertools import islice
from typing import NamedTuple

from forum.accounts.models import Member
from forum.db import now, start_of_day
from forum.notifications.followed_items import FollowedItem, Following
from forum.notifications.following import following_by_state, openly_followed, with_titles
from forum.notifications.item_pages import Page, page_of
from forum.notifications.member_state import SealedState, Target
from forum.notifications.mention_queries import mentions_of
from forum.notifications.news_queries import NewsRow, latest_posts, latest_replies, latest_times
from forum.notifications.own_text_queries import OwnTexts
from forum.notifications.queries import followed_posts, state_of
from forum.notifications.search_follows import matches_by_search, search_path
from forum.notifications.signals import news_collected
from forum.notifications.unread_replies import last_written
from forum.posts.chain_queries import readable_chain_links_of
from forum.urls import path_of

# Of more threads with something unread, the ones with the latest activity are listed.
MAX_THREADS = 100
# What is new in a thread is of these kinds.
THREAD_KINDS = frozenset({"mention", "reply", "official", "post"})


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


class Outline(NamedTuple):
    """A group as known from counts. Its texts are looked up when it is listed: see `complete`."""

    group: NewsGroup
    # None for a group that is complete.
    item: FollowedItem | None = None
    mention_ids: Sequence[int] = ()


def news_of(
    member: Member,
    *,
    with_anonymous: bool = True,
    with_muted: bool = False,
    targets: Collection[Target] | None = None,
) -> list[NewsGroup]:
    """Return what is new for the member, the latest first, if not asked otherwise without the kinds they turned off.

    Without `with_anonymous`, everything is as if the member had never written anonymously: their own anonymous replies
    count as anybody's, and threads in which they wrote only anonymously are left out. A mail may say no more than that.
    With `targets`, new replies and posts are looked up in these threads, tags and vendors only.
    """
    news = outlined_news(member, with_anonymous=with_anonymous, with_muted=with_muted, targets=targets)
    return news.complete(news.outlines)


class OutlinedNews(NamedTuple):
    """All that is new for a member, the latest first, without the kinds they turned off."""

    outlines: Sequence[Outline]
    muted_kinds: frozenset[str]
    following: Following
    # Its sources: the member's state, and the links of their anonymous texts.
    state: SealedState
    links: Sequence[str]

    def complete(self, outlines: Sequence[Outline]) -> list[NewsGroup]:
        """Return the groups of some of the outlines, without those of which only muted kinds are new."""
        replies, posts = _texts_of(outlines)
        own_ids = _own_post_ids(self.following) if any(posts.values()) else set()
        groups = []
        for outline in outlines:
            group, item = outline.group, outline.item
            if item is not None and item.kind == "post":
                parts = _thread_parts(item, replies.get(item.row.id, []), outline.mention_ids)
                group = group._replace(parts=parts)
            elif item is not None:
                rows = [row for row in posts[item.kind].get(item.row.id, []) if row.id not in own_ids]
                ids = tuple(row.id for row in rows[: item.unread])
                group = group._replace(parts=(NewsPart(item.kind, item.unread, ids),))
            parts = tuple(part for part in group.parts if part.kind not in self.muted_kinds and part.unread > 0)
            groups += [group._replace(parts=parts)] if parts else []
        return groups

    def page(self, after: str | None) -> Page[NewsGroup]:
        """Return the page of groups after the one that this cursor stands for."""
        page = page_of(self.outlines, after, lambda outline: outline.group.target)
        return Page(self.complete(page.items), page.next_after, page.is_further)

    def unread_total(self, cap: int) -> int:
        """Return how much is unread in all groups: exactly up to the cap.

        Counts suffice, except where a mention may be one of the unread replies or where a kind of reply is muted.
        """
        total, uncounted = 0, []
        for outline in self.outlines:
            if outline.mention_ids or (outline.group.kind == "post" and not self.muted_kinds.isdisjoint(THREAD_KINDS)):
                uncounted.append(outline)
            else:
                total += outline.group.unread
        return total if total > cap else total + sum(group.unread for group in self.complete(uncounted))


def outlined_news(
    member: Member,
    *,
    with_anonymous: bool = True,
    with_muted: bool = False,
    targets: Collection[Target] | None = None,
) -> OutlinedNews:
    """Return the same as outlines: the texts of a group are looked up only on demand."""
    state = state_of(member.id)
    links = readable_chain_links_of(member)
    find_followed = following_by_state if with_anonymous else openly_followed
    following = find_followed(member, state.items, links)
    muted_kinds: frozenset[str] = frozenset() if with_muted else state.muted_kinds
    mentions = {} if "mention" in muted_kinds else _mentions_by_thread(member, following.posts)
    due = following if targets is None else following.only_in(targets)
    outlines = [*_threads(due.posts, mentions, state.marks)]
    outlines += [*_topics("vendor", due.vendors, muted_kinds), *_topics("tag", due.tags, muted_kinds)]
    groups = [] if "search" in muted_kinds else _search_groups(following, state.searches)
    for _, added in news_collected.send(member, state=state, links=links if with_anonymous else []):
        groups += [group for group in added if not muted_kinds.issuperset(part.kind for part in group.parts)]
    outlines += [Outline(group) for group in groups if group.unread]
    outlines.sort(key=lambda outline: (outline.group.latest_at, outline.group.target), reverse=True)
    return OutlinedNews(outlines, muted_kinds, following, state, links)


def without_private(group: NewsGroup) -> NewsGroup:
    """Return the group with answers to anonymous texts among the other new replies of the thread."""
    if not any(part.is_private for part in group.parts):
        return group
    merged = [part for part in group.parts if part.is_private or part.kind == "post"]
    ids = tuple(item_id for part in merged for item_id in part.ids)
    part = NewsPart("post", sum(part.unread for part in merged), ids)
    return group._replace(parts=(*(part for part in group.parts if part not in merged), part))


def _own_post_ids(following: Following) -> set[int]:
    return {item.row.id for item in following.posts if item.texts is not None and item.texts.wrote_post}


def _threads(
    items: Sequence[FollowedItem], mentions: Mapping[int, Sequence[int]], marks: Mapping[Target, int]
) -> Iterator[Outline]:
    """Yield the threads with unread replies, and those with unread mentions, followed or not."""
    new_mentions = {
        post_id: ids[: len(ids) - mark]
        for post_id, ids in mentions.items()
        if len(ids) > (mark := marks.get(("post", post_id), 0))
    }
    unread = list(islice((item for item in items if item.unread), MAX_THREADS))
    listed_ids = {item.row.id for item in unread}
    followed = {item.row.id: item for item in items if item.row.id in new_mentions} if new_mentions else {}
    mentioned = [item for post_id, item in followed.items() if post_id not in listed_ids]
    rows = followed_posts([post_id for post_id in new_mentions if post_id not in followed])
    for item in [*with_titles([*unread, *mentioned]), *(FollowedItem("post", row) for row in rows)]:
        row, mark = item.row, len(mentions.get(item.row.id, ()))
        path = path_of("posts.show", post_id=row.id, slug=row.slug)
        parts = (NewsPart("post", item.unread),)
        group = NewsGroup("post", row.id, row.title, path, row.last_activity_at, parts, mark)
        yield Outline(group, item, new_mentions.get(row.id, ()))


def _topics(kind: str, items: Sequence[FollowedItem], muted_kinds: Collection[str]) -> Iterator[Outline]:
    """Yield the vendors or tags with unread posts."""
    unread = {item.row.id: item for item in items if item.unread} if kind not in muted_kinds else {}
    latest = latest_times(kind, unread.keys())
    for item_id, item in unread.items():
        if item_id in latest:
            title = item.row.name if kind == "vendor" else f"#{item.row.name}"
            path = path_of(f"pages.{kind}", slug=item.row.slug)
            parts = (NewsPart(kind, item.unread),)
            yield Outline(NewsGroup(kind, item_id, title, path, latest[item_id], parts), item)


def _texts_of(outlines: Sequence[Outline]) -> tuple[dict[int, list[NewsRow]], dict[str, dict[int, list[NewsRow]]]]:
    """Return the latest replies by thread, and the latest posts by kind and item, of these outlines."""
    unread: dict[str, list[int]] = {"post": [], "vendor": [], "tag": []}
    for outline in outlines:
        if outline.item is not None and outline.item.unread:
            unread[outline.item.kind].append(outline.item.row.id)
    replies = _rows_by(lambda row: row.post_id, latest_replies(unread["post"]))
    kinds = ("vendor", "tag")
    return replies, {kind: _rows_by(lambda row: row.item_id, latest_posts(kind, unread[kind])) for kind in kinds}


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
    rows = mentions_of(member.id)
    if not rows:
        return {}
    texts = [item.texts for item in items if item.texts is not None]
    own_ids = {reply.id for own_texts in texts for reply in own_texts.replies}
    own_post_ids = {item.row.id for item in items if item.texts is not None and item.texts.wrote_post}
    by_thread: dict[int, list[int]] = {}
    for row in rows:
        if row.comment_id not in own_ids and (row.comment_id is not None or row.post_id not in own_post_ids):
            by_thread.setdefault(row.post_id, []).append(row.comment_id or 0)
    return by_thread


def _search_groups(following: Following, searches: Mapping[str, int]) -> list[NewsGroup]:
    if not searches:
        return []
    texts = {item.row.id: item.texts for item in following.posts if item.texts is not None}
    own_replies = {(post_id, reply.id) for post_id, own_texts in texts.items() for reply in own_texts.replies}
    own_posts = {(post_id, None) for post_id in _own_post_ids(following)}
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
