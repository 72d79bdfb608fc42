"""Mark news as read, and choose its kinds: on a button, in a transaction of its own."""

from collections.abc import Iterable, Mapping

from forum.access import is_anonymous_writing_locked
from forum.accounts.models import Member
from forum.notifications.actions import change_state
from forum.notifications.following import as_read, following_by_state
from forum.notifications.kinds import KINDS
from forum.notifications.member_state import SealedState, Target
from forum.notifications.news import NewsGroup, OutlinedNews, outlined_news


def mark_group_read(member: Member, target: str) -> NewsGroup | None:
    """Mark what is new in one thread, vendor, tag or of another kind as read, and return it. None when nothing is."""
    news = outlined_news(member)
    groups = news.complete([outline for outline in news.outlines if outline.group.target == target])
    if groups:
        _mark_read(member, news, groups)
    return groups[0] if groups else None


def mark_everything_read(member: Member) -> None:
    """Mark all news as read, also of kinds that are turned off. Threads stay while anonymous writing is locked."""
    news = outlined_news(member, with_muted=True)
    _mark_read(member, news, [outline.group for outline in news.outlines], is_everything=True)


def mute_kinds(member: Member, muted_kinds: Iterable[str]) -> None:
    """Choose the kinds of news that the member is not told of."""
    kinds = frozenset(muted_kinds) & KINDS.keys()
    change_state(member.id, lambda state: state._replace(muted_kinds=kinds))


def _mark_read(member: Member, news: OutlinedNews, groups: Iterable[NewsGroup], *, is_everything: bool = False) -> None:
    marks = {(group.kind, group.item): group.mark for group in groups}
    is_locked = is_anonymous_writing_locked(member)

    def change(state: SealedState) -> SealedState:
        # The state is locked now. Only if it was changed meanwhile is what they follow looked up again.
        is_same = state.items == news.state.items
        following = news.following if is_same else following_by_state(member, state.items, news.links)
        items = {
            target: item
            for target, item in following.by_target().items()
            if (is_everything or target in marks) and not is_locked
        }
        return _with_marks(state, marks)._replace(items=state.items | as_read(state.items, items))

    change_state(member.id, change)


def _with_marks(state: SealedState, marks: Mapping[tuple[str, int | str], int]) -> SealedState:
    """Return the state with the marks of groups that are no items, or that have marks besides."""
    searches = {item: mark for (kind, item), mark in marks.items() if kind == "search" and item in state.searches}
    plain_marks: dict[Target, int] = {
        (kind, int(item)): mark for (kind, item), mark in marks.items() if kind != "search" and mark
    }
    return state._replace(marks=state.marks | plain_marks, searches=state.searches | searches)
