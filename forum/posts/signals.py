"""What upper rooms may listen to. Each is sent inside the transaction, and none says who the author is."""

from blinker import Namespace

_signals = Namespace()
# post_written(post), comment_written(comment): everybody can read it from this transaction on. A held one is told of
# when it is let through.
post_published = _signals.signal("post-written")
comment_published = _signals.signal("comment-written")
# vendor_named(post): a post that everybody reads names a vendor that it did not name before.
vendor_named = _signals.signal("vendor-named")
# writing_held(item, because=words): it waits for a moderator, and these words its author reads.
item_held = _signals.signal("writing-held")
