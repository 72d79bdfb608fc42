"""What upper rooms hear of vendors. Signals are sent inside the transaction, after the change was flushed."""

from blinker import Namespace

_signals = Namespace()
# sender: the representative's row: somebody asks to speak for a vendor.
representation_requested = _signals.signal("asked to speak")
