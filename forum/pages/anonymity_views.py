"""The page "What anonymous means here": what is stored, and what it tells whom."""

from flask import Blueprint, render_template

from forum import anonymity
from forum.accounts.lock_actions import LOCK_DURATION
from forum.headers import PADDED_TO_BYTES
from forum.posts.anonymous.badges import MIN_ORGANISATIONS
from forum.site import setting

bp = Blueprint("anonymity", __name__)
# Every column of the tables that serve anonymous writing alone, in words. A test compares this with the tables.
STORED_COLUMNS = {
    "pseudonyms": {
        "id": "a random number",
        "thread_key": "the thread, as a random number",
        "thread_hmac": "a code made from your secret, the thread and the key",
        "name": "the alias",
    },
    "sanctions": {
        "id": "a random number",
        "chain_link": "a code made from your secret, a counter and the key",
        "kind": "warning, hold or bar",
        "message": "the reason you read",
        "created_at": "the day it was imposed",
        "ends_at": "its last day",
        "decision_id": "the number of the moderator's decision in the public log",
    },
    "scheduled_texts": {
        "id": "a random number",
        "chain_link": "a code made from your secret, a counter and the key",
        "sealed": "the text, whose it is and when it is due, encrypted with the key; its length shows to the kilobyte",
        "due_seal": "when it is due once more, encrypted with the key, so that only due texts are opened",
        "created_at": "the day you wrote it",
    },
    "sealed_drafts": {
        "id": "a random number",
        "chain_link": "a code made from your secret, a counter and the key",
        "sealed": "the form as you filled it in, encrypted with the key; its length shows in steps of 4 kilobytes",
        "created_at": "the day you first saved it",
    },
    "spent_links": {
        "link": "the code of a deleted row, so that no two rows ever have the same",
    },
    "member_states": {
        "member_id": "your account",
        "sealed": "what you follow by choice, what you marked as read, which notifications you turned off, what you "
        "were mailed about and in which 30 days you last signed in, encrypted with the key; its length shows in steps "
        "of 4, 16, 64 kilobytes",
    },
    "member_saved_lists": {
        "member_id": "your account",
        "sealed": "your bookmarks and notes, your weights and your shortlist, encrypted with the key; its length shows "
        "in steps of 4, 16, 64 kilobytes",
    },
    "member_sessions": {
        "id": "a random number",
        "token_hash": "a code of what your browser keeps, so that a copy of the row signs nobody in",
        "owner_hmac": "a code made from your secret, the day, a counter and the key",
        "details_seal": "kind of browser, beginning of the network's address and the day you signed in, encrypted with "
        "the key, all of one length",
        "last_day": "the day the session ends at the latest",
    },
    "unmailed_texts": {
        "id": "a random number",
        "post_id": "the post that mail has yet to announce, or in which something is new",
        "comment_id": "the reply that mail has yet to announce",
        "kind": "whether it is a post, a reply or something else",
        "was_mailed_at_once": "whether mail at once has announced it",
        "run_number": "the number of the daily mail that announced it",
    },
    "pending_mentions": {
        "id": "a random number",
        "post_id": "the thread of a text with a mention",
        "comment_id": "the reply, if it is one",
    },
    "pending_recounts": {
        "id": "a random number",
        "post_id": "the post whose replies are to be counted again",
        "comment_id": "or the reply whose answers are",
        "delta": "whether there is one more or one fewer (0 for a vote), if that is known",
    },
    "unindexed_replies": {
        "comment_id": "the reply whose words search has yet to index",
    },
}
TABLE_TITLES = {
    "pseudonyms": "An alias in a thread",
    "sanctions": "A moderator's decision about an alias",
    "scheduled_texts": "A text scheduled to appear later",
    "sealed_drafts": "A draft that you saved, signed or anonymous",
    "spent_links": "A deleted anonymous text, rating, scheduled text or draft",
    "member_states": "What you follow, one row for every account, and nothing about your own texts in it",
    "member_saved_lists": "What you save for yourself, one row for every account, sealed anew every morning",
    "member_sessions": "A browser that is signed in; it names no account, and no visit changes it",
    "unmailed_texts": "A new text, until mail has announced it, on Monday at the latest",
    "pending_mentions": "A new text with a mention, until the mention is looked up, a moment later",
    "pending_recounts": "A new reply or vote, until it is counted, a moment later",
    "unindexed_replies": "A new reply, until search finds it, a minute later",
}


@bp.get("/what-anonymous-means")
def show() -> str:
    """Show what is stored, what a thief, the operator and a court could do with it, and what gives an author away."""
    return render_template(
        "pages/anonymity.html",
        stored_columns=STORED_COLUMNS,
        titles=TABLE_TITLES,
        lock_days=LOCK_DURATION.days,
        min_organisations=MIN_ORGANISATIONS,
        padded_to_kb=PADDED_TO_BYTES // 1024,
        percent_held=setting("anonymous_percent_held"),
        alias_count=len(anonymity.ADJECTIVES) * len(anonymity.NOUNS),
    )
