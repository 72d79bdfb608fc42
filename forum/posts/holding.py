"""What is held before others read it, and why. `hiding.hold` says so to its author and to those who listen."""

from typing import Any

from forum.accounts.models import Member
from forum.accounts.sanctions import standing_of
from forum.posts.hiding import hold
from forum.posts.models import Comment
from forum.vendors.queries import vendor_named_in

BY_STANDING = "A moderator reads this before others do."


def hold_if_need_be(item: Any, author: Member | None) -> None:
    """Hold what was just written or changed, when something in it or about its author asks for that."""
    reasons = [*_guesses(item), *_sanctions(item, author)]
    if reasons and item.hidden_at is None:
        hold(item, " ".join(reasons))


def _guesses(item: Any) -> list[str]:
    """Under a text whose vendor is undisclosed nobody names one in public: not even a wrong one."""
    if not isinstance(item, Comment) or item.post.category_id is None:
        return []
    named = vendor_named_in(item.body)
    return [f"This names {named}, and the vendor of this experience is undisclosed. {BY_STANDING}"] if named else []


def _sanctions(item: Any, author: Member | None) -> list[str]:
    """What is in force for an anonymous author. The words say no more than others do: moderators read them too."""
    if author is None or item.pseudonym_id is None:
        return []
    standing = standing_of(author)
    return [BY_STANDING] if standing.held or standing.barred_until else []
