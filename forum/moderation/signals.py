"""Signals of moderation. They are sent inside the transaction, after the change was flushed."""

from blinker import Namespace

_signals = Namespace()
# The sender is the decision.
decided = _signals.signal("decided")
