"""Members: joining, signing in, settings, and the name a piece of writing goes under."""
