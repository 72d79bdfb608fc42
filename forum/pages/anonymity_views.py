"""The page "What anonymous means here": what is stored, and what it tells whom."""

from flask import Blueprint, render_template

from forum import anonymity
from forum.headers import PADDED_TO_BYTES
from forum.posts.anonymous.badges import MIN_ORGANISATIONS
from forum.site import setting

bp = Blueprint("anonymity", __name__)
# Every column of the tables that serve anonymous writing alone, in words. A test compares this with the tables.
STORED_COLUMNS = {
    "pseudonyms": {
        "id": "a random number",
        "thread_key": "the thread, as a random number",
        "thread_hmac": "a code made from your account, the thread and the key",
        "name": "the alias",
        "member_seal": "your account's number, encrypted with the key, so that a warning or a bar can reach you",
    },
    "sanctions": {
        "id": "a random number",
        "chain_link": "a code made from your account, a counter and the key",
        "kind": "warning, hold or bar",
        "message": "the reason you read",
        "created_at": "the day it was imposed",
        "ends_at": "its last day",
        "decision_id": "the number of the moderator's decision in the public log",
    },
    "scheduled_texts": {
        "id": "a random number",
        "chain_link": "a code made from your account, a counter and the key",
        "sealed": "the text, whose it is and when it is due, encrypted with the key; its length shows to the kilobyte",
        "created_at": "the day you wrote it",
    },
    "spent_links": {
        "link": "the code of a deleted row, so that no two rows ever have the same",
    },
    "follows": {
        "id": "a random number",
        "post_id": "the thread that is followed",
        "tag_id": "or the tag that is followed",
        "vendor_id": "or the vendor that is followed",
        "follow_hmac": "a code made from your account, what is followed and the key",
        "chain_link": "a code made from your account, a number and the key",
        "follower_seal": "your account's number, whether you still follow and how much you have seen, encrypted "
        "with the key, so that you hear of replies",
    },
}
TABLE_TITLES = {
    "pseudonyms": "An alias in a thread",
    "sanctions": "A moderator's decision about an alias",
    "scheduled_texts": "A text scheduled to appear later",
    "spent_links": "A deleted anonymous text, rating or follow",
    "follows": "Following a thread, tag or vendor, under your name, an alias or neither",
}


@bp.get("/what-anonymous-means")
def show() -> str:
    """Show what is stored, what a thief, the operator and a court could do with it, and what gives an author away."""
    return render_template(
        "pages/anonymity.html",
        stored_columns=STORED_COLUMNS,
        titles=TABLE_TITLES,
        min_organisations=MIN_ORGANISATIONS,
        padded_to_kb=PADDED_TO_BYTES // 1024,
        percent_held=setting("anonymous_percent_held"),
        alias_count=len(anonymity.ADJECTIVES) * len(anonymity.NOUNS),
    )
