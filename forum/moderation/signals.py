"""What other rooms hear from moderation. Signals are sent inside the transaction, after the change was flushed."""

from blinker import Namespace

_signals = Namespace()
# sender: the decision, which says whom or what it is about.
decided = _signals.signal("decided")
