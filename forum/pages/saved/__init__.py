"""What members save for themselves: bookmarks with notes, their weights of the criteria, and a shortlist of vendors."""
