"""The page that says what anonymous means here: what is held, and what that tells to whom."""

from flask import Blueprint, render_template

from forum import anonymity
from forum.posts.anonymous.badges import MIN_ORGANISATIONS

bp = Blueprint("anonymity", __name__)
# Every column of the tables that only anonymous writing has, in words; a test holds this list to the tables.
HELD = {
    "pseudonyms": {
        "id": "a random number",
        "thread_key": "the thread, as a random number",
        "mark": "a code made from your account and the thread with the key",
        "name": "the two words",
        "member_seal": "your account's number, encrypted with the key, so that a warning or a bar can reach you",
    },
    "sanctions": {
        "id": "a random number",
        "mark": "a code made from your account and a counter with the key",
        "kind": "warning, hold or bar",
        "said": "the reason you read",
        "created_at": "the day",
        "until": "its last day",
    },
    "scheduled_texts": {
        "id": "a random number",
        "chain_link": "a code made from your account and a counter with the key",
        "sealed": "the text, whose it is and when it is due, encrypted with the key; its length shows to the kilobyte",
        "created_at": "the day",
    },
    "spent_links": {
        "mark": "the code of a row that is gone, so that no two rows ever have the same",
    },
    "follows": {
        "id": "a random number",
        "post_id": "the thread that is followed",
        "tag_id": "or the tag that is followed",
        "vendor_id": "or the vendor that is followed",
        "mark": "a code made from your account and what is followed with the key",
        "chain_link": "a code made from your account and a number with the key",
        "follower_seal": "your account's number, whether you still follow and how much you have seen, encrypted "
        "with the key, so that you are told of replies",
    },
}
TITLES = {
    "pseudonyms": "A name in a thread",
    "sanctions": "What a moderator decided about a name",
    "scheduled_texts": "A text that waits to appear",
    "spent_links": "What is left when an anonymous text, rating or follow is deleted",
    "follows": "What somebody follows, under whichever name or none",
}


@bp.get("/what-anonymous-means")
def show() -> str:
    """What we hold, what a thief, the operator and a court could do with it, and what gives an author away."""
    words = len(anonymity.ADJECTIVES) * len(anonymity.NOUNS)
    return render_template("pages/anonymity.html", held=HELD, titles=TITLES, enough=MIN_ORGANISATIONS, words=words)
