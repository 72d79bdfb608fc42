"""A community to look at: invented vendors, members, experiences and replies. Always the same."""
