"""Mail that tells moderators what waits for them: how soon is their choice."""
