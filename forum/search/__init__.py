"""Search: an index of posts and replies, the language of questions, and the pages that answer them."""
