"""Who is told of what: following posts, tags and vendors, what is new in them, and the mail that says so."""
