"""Members report posts, comments and other members."""
