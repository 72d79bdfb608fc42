"""Signals for the rooms above. They are sent inside the transaction, after the change is flushed."""

from blinker import Namespace

_signals = Namespace()
# sender: the Representative row of a new request.
representation_requested = _signals.signal("representation requested")
