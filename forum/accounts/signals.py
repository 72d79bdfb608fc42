"""Signals about members for upper rooms. They are sent inside the transaction, after the change was flushed."""

from blinker import Namespace

_signals = Namespace()
# Sender: the member, who has the new address already.
email_changed = _signals.signal("email changed")
# Sender: the name that somebody chose for themselves. A receiver returns why they can't have it, or None.
name_chosen = _signals.signal("name chosen")
