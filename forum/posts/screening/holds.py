"""What is held before others read it, and why. `hiding.hold` says so to its author and to those who listen."""

from datetime import timedelta
from typing import Any

from forum.accounts.models import Member
from forum.accounts.sanctions import active_sanctions
from forum.db import now, start_of_day
from forum.posts.models import Comment, Post
from forum.posts.screening.filters import held_domain_in, held_word_in, links_in
from forum.posts.screening.new_member_limits import is_exempt, is_new, current_limits, is_first_post_held
from forum.posts.screening.queries import anonymous_record, signed_record, is_repeated_text
from forum.posts.visibility import hold
from forum.site import setting
from forum.vendors.queries import find_vendor_mention
from forum.templating import count_of

HELD_WITHOUT_REASON = "A moderator reads this before others do."


def hold_if_needed(item: Any, author: Member | None, *, is_import: bool = False) -> None:
    """Hold what was just written or changed, when something in it or about its author asks for that.

    What is moved in or made up is neither new nor spam.
    """
    reasons = [*_guesses(item), *_sanctions(item, author)]
    if author is not None and not is_import:
        reasons += [*_newness(item, author), *_filters(item)]
    if reasons and item.hidden_at is None:
        hold(item, " ".join(dict.fromkeys(reasons)))


def _newness(item: Any, author: Member) -> list[str]:
    """The first post of a new member, and many links. Of an anonymous one the words do not say that they are new."""
    if is_exempt(author):
        return []
    given, anonymous = current_limits(), item.pseudonym_id is not None
    record = signed_record(author, excluding=item)
    if anonymous:
        record = record.plus(anonymous_record(author, excluding=item))
    if not is_new(author, record, given, now()):
        return []
    reasons = []
    if isinstance(item, Post) and item.edited_at is None and is_first_post_held(record, given):
        reasons.append("It waits for a moderator because it is your first one here; later ones appear at once.")
    if len(links_in(item.body)) > given.links:
        most = count_of(given.links, "link")
        reasons.append(f"It waits for a moderator because it has more than {most}, and your account is new.")
    return [HELD_WITHOUT_REASON] if reasons and anonymous else reasons


def _filters(item: Any) -> list[str]:
    """Words and domains of the admins' lists, and a text that stands here already."""
    source = f"{item.title}\n{item.body}" if isinstance(item, Post) else item.body
    reasons = []
    if word := held_word_in(source, setting("held_words")):
        reasons.append(f"It waits for a moderator because it says “{word}”.")
    if domain := held_domain_in(source, setting("held_domains")):
        reasons.append(f"It waits for a moderator because it links to {domain}.")
    if item.fingerprint and is_repeated_text(item.fingerprint, start_of_day(now() - timedelta(days=1)), excluding=item):
        reasons.append("It waits for a moderator because the same text was written here a short time ago.")
    return reasons


def _guesses(item: Any) -> list[str]:
    """Under a text whose vendor is undisclosed nobody names one in public: not even a wrong one."""
    if not isinstance(item, Comment) or item.post.category_id is None:
        return []
    named = find_vendor_mention(item.body)
    return [f"This names {named}, and the vendor of this experience is undisclosed. {HELD_WITHOUT_REASON}"] if named else []


def _sanctions(item: Any, author: Member | None) -> list[str]:
    """What is in force for an anonymous author. The words say no more than others do: moderators read them too."""
    if author is None or item.pseudonym_id is None:
        return []
    standing = active_sanctions(author)
    return [HELD_WITHOUT_REASON] if standing.is_held or standing.barred_until else []
