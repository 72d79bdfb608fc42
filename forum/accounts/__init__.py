"""Members: joining, signing in, settings, pseudonyms, and the names that posts and replies appear under."""
