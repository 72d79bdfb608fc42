"""Reading pages in tests."""

import re


def compact(page: str) -> str:
    """Return the page without the whitespace between its tags, so that a test does not depend on line breaks."""
    return re.sub(r"\s*(<[^>]*>)\s*", r"\1", page)
