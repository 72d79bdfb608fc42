"""What moderation does when other rooms say that something happened. Imported once, at the top of the house."""

from typing import Any

from forum.moderation.case_actions import open_case
from forum.posts.signals import writing_held


@writing_held.connect
def _into_the_queue(item: Any, because: str) -> None:
    """Something was held: it waits in the queue."""
    open_case("held", item, because, by_author=True)
