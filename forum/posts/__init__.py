"""Posts, their comments, their tags, and the marks that say something was useful."""
