"""The moderators' queue: one case at a time or many at once."""
