"""What upper rooms hear of members. Signals are sent inside the transaction, after the change was flushed."""

from blinker import Namespace

_signals = Namespace()
# sender: the member, whose address is another one now.
email_changed = _signals.signal("email changed")
