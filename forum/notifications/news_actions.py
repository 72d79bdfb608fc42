"""Mark news as read, and choose its kinds: on a button, in a transaction of its own."""

from collections.abc import Iterable, Mapping

from forum.access import is_anonymous_writing_locked
from forum.accounts.models import Member
from forum.notifications.actions import change_state
from forum.notifications.following import as_read, following_by_state
from forum.notifications.kinds import KINDS
from forum.notifications.member_state import SealedState, Target
from forum.notifications.news import NewsGroup, news_of
from forum.posts.chain_queries import readable_chain_links_of


def mark_group_read(member: Member, target: str) -> NewsGroup | None:
    """Mark what is new in one thread, vendor, tag or of another kind as read, and return it. None when nothing is."""
    group = next((group for group in news_of(member) if group.target == target), None)
    if group is not None:
        _mark_read(member, [group])
    return group


def mark_everything_read(member: Member) -> None:
    """Mark all news as read, also of kinds that are turned off. Threads stay while anonymous writing is locked."""
    _mark_read(member, news_of(member, with_muted=True), is_everything=True)


def mute_kinds(member: Member, muted_kinds: Iterable[str]) -> None:
    """Choose the kinds of news that the member is not told of."""
    kinds = frozenset(muted_kinds) & KINDS.keys()
    change_state(member.id, lambda state: state._replace(muted_kinds=kinds))


def _mark_read(member: Member, groups: Iterable[NewsGroup], *, is_everything: bool = False) -> None:
    marks = {(group.kind, group.item): group.mark for group in groups}
    links = readable_chain_links_of(member)

    def change(state: SealedState) -> SealedState:
        items = {
            target: item
            for target, item in following_by_state(member, state.items, links).by_target().items()
            if (is_everything or target in marks) and not is_anonymous_writing_locked(member)
        }
        return _with_marks(state, marks)._replace(items=state.items | as_read(member, state.items, items, links))

    change_state(member.id, change)


def _with_marks(state: SealedState, marks: Mapping[tuple[str, int | str], int]) -> SealedState:
    """Return the state with the marks of groups that are no items, or that have marks besides."""
    searches = {item: mark for (kind, item), mark in marks.items() if kind == "search" and item in state.searches}
    plain_marks: dict[Target, int] = {
        (kind, int(item)): mark for (kind, item), mark in marks.items() if kind != "search" and mark
    }
    return state._replace(marks=state.marks | plain_marks, searches=state.searches | searches)
