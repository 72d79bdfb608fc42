"""The kinds of news. A reply that is of several kinds is told of as the first: mention, reply, official, post."""

from collections.abc import Mapping
from typing import NamedTuple


class Kind(NamedTuple):
    """What the settings call a kind, and what it is."""

    label: str
    hint: str
    is_for_staff: bool = False


KINDS: Mapping[str, Kind] = {
    "reply": Kind("Replies to you", "Someone replies to your post, or to one of your replies."),
    "mention": Kind("Mentions", "Someone mentions you, with an @ and the name in the address of your page."),
    "official": Kind("Official replies", "A vendor replies to a post you follow."),
    "post": Kind("New replies in posts you follow", "You follow posts you write in, and posts you choose to follow."),
    "vendor": Kind("New posts about vendors you follow", "You follow a vendor from its page."),
    "tag": Kind("New posts with tags you follow", "You follow a tag from its page."),
    "search": Kind("New matches of searches you follow", "You follow a search from its results, up to ten."),
    "decision": Kind("Decisions about you", "A moderator decides about your account, or approves or changes a text."),
    "work": Kind("Open cases", "Cases that wait for a moderator and that you may decide.", is_for_staff=True),
}
