"""What upper rooms may listen to. Each is sent inside the transaction, and none says who the author is."""

from blinker import Namespace

_signals = Namespace()
# post_written(post), comment_written(comment): everybody can read it from this transaction on. A held one is told of
# when it is let through.
post_written = _signals.signal("post-written")
comment_written = _signals.signal("comment-written")
# writing_held(item, because=words): it waits for a moderator, and these words its author reads.
writing_held = _signals.signal("writing-held")
