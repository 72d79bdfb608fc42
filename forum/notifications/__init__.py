"""Following posts, tags and vendors, what is unread in them, and the mails that announce it."""
