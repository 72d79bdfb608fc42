"""Moderation: flags, the queue, decisions and their statements, appeals, notices, and the log that only grows."""
