"""Which texts are held for a moderator, and why. The author reads the reason; see visibility.hold."""

import secrets
from datetime import timedelta

from forum import text
from forum.accounts.models import Member
from forum.accounts.sanctions import active_sanctions
from forum.db import now, start_of_day
from forum.posts.models import Comment, Post
from forum.posts.screening.filters import addresses_in
from forum.posts.screening.new_member_limits import is_exempt, is_first_post_held, is_new, limits_from_settings
from forum.posts.screening.queries import anonymous_record, is_repeated_text, signed_record
from forum.posts.signals import held_item_changed
from forum.posts.visibility import hold
from forum.site import setting
from forum.templating import count_of
from forum.vendors.queries import find_vendor_mention
from forum.word_lists import held_domain_in, held_word_in

HELD_WITHOUT_REASON = "A moderator will review this before it appears."


def hold_if_needed(item: Post | Comment, author: Member | None, *, is_import: bool = False) -> None:
    """Hold a text that was just written or changed, if a filter, a limit or a sanction applies.

    One that is held stays so. Imported and invented texts are neither new nor spam.
    """
    if item.is_held:
        held_item_changed.send(item)
        return
    reasons = [*_guess_reasons(item), *_sanction_reasons(item, author)]
    if author is not None and not is_import:
        reasons += [*_new_member_reasons(item, author), *_filter_reasons(item), *_cover_reasons(item)]
    if reasons and item.hidden_at is None:
        hold(item, " ".join(dict.fromkeys(reasons)))


def _new_member_reasons(item: Post | Comment, author: Member) -> list[str]:
    """Hold a new member's first posts, and texts with many links.

    The reason for holding an anonymous text does not reveal that its author is new.
    """
    if is_exempt(author):
        return []
    limits, is_anonymous = limits_from_settings(), item.pseudonym_id is not None
    record = signed_record(author, excluding=item)
    if is_anonymous:
        record = record.with_counts_of(anonymous_record(author, excluding=item))
    if not is_new(author, record, limits, now()):
        return []
    reasons = []
    if isinstance(item, Post) and item.edited_at is None and is_first_post_held(record, limits):
        reasons.append("It waits for a moderator because it is one of your first posts; later ones appear at once.")
    if len(text.links_in(item.body_html)) > limits.links:
        links = count_of(limits.links, "link")
        reasons.append(f"It waits for a moderator because it has more than {links}, and your account is new.")
    return [HELD_WITHOUT_REASON] if reasons and is_anonymous else reasons


def _filter_reasons(item: Post | Comment) -> list[str]:
    """Hold texts with a word or link of the admins' lists, and texts that were posted here before."""
    # What was typed, and what is read: Markdown may take a word apart, or decode it.
    parts = [item.body, text.visible_text(item.body_html), *([item.title] if isinstance(item, Post) else [])]
    source = "\n".join(parts)
    since = start_of_day(now() - timedelta(days=1))
    reasons = []
    if word := held_word_in(source, setting("held_words")):
        reasons.append(f"It waits for a moderator because it contains “{word}”.")
    if domain := held_domain_in([*text.links_in(item.body_html), *addresses_in(source)], setting("held_domains")):
        reasons.append(f"It waits for a moderator because it links to {domain}.")
    if item.fingerprint and is_repeated_text(item.fingerprint, since, excluding=item):
        reasons.append("It waits for a moderator because the same text was posted here recently.")
    return reasons


def _guess_reasons(item: Post | Comment) -> list[str]:
    """Hold a comment that names a vendor under a post about an undisclosed one, even if the guess is wrong."""
    if not isinstance(item, Comment) or item.post.category_id is None:
        return []
    vendor = find_vendor_mention(f"{item.body}\n{text.visible_text(item.body_html)}")
    return [f"This names {vendor}, but the post does not name its vendor. {HELD_WITHOUT_REASON}"] if vendor else []


def _cover_reasons(item: Post | Comment) -> list[str]:
    """Hold a random share of all anonymous texts, so that a held one tells neither a sanction nor a new account."""
    is_chosen = item.pseudonym_id is not None and _draw() < setting("anonymous_percent_held")
    return [HELD_WITHOUT_REASON] if is_chosen else []


def _draw() -> int:
    return secrets.randbelow(100)


def _sanction_reasons(item: Post | Comment, author: Member | None) -> list[str]:
    """Hold anonymous texts of a member under a sanction. Moderators read the reason too: it reveals nothing."""
    if author is None or item.pseudonym_id is None:
        return []
    sanctions = active_sanctions(author)
    return [HELD_WITHOUT_REASON] if sanctions.is_held or sanctions.barred_until else []
