"""Signals that upper rooms answer with news of their own."""

from blinker import Namespace

_signals = Namespace()
# news_collected(member, state=SealedState, links=[...]): a listener returns a list of NewsGroup, see news.py.
# `links` are those of the member's anonymous texts; without any it must not depend on what they wrote anonymously.
news_collected = _signals.signal("news-collected")
# work_counted(member): a listener returns how many cases wait for this member of staff.
work_counted = _signals.signal("work-counted")
# anonymous_news_collected(since): a listener returns the chain links of anonymous texts that something was decided
# about after a moment, for the sentence in the daily mail that says no more than that something is new.
anonymous_news_collected = _signals.signal("anonymous-news-collected")
