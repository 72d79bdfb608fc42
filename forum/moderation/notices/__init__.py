"""Notices from people outside the forum, who have no account."""
