"""How long a held text usually waits, in words for its author."""

from forum.moderation.log.queries import hours_of_reviews

# The words for up to so many hours. Of anonymous texts only the day is recorded, so nothing is finer than a day.
WORDS = {24: "within a day", 72: "within three days", 168: "within a week"}


def usual_review_time() -> str:
    """Return a sentence on how long a review usually takes."""
    hours = hours_of_reviews()
    if hours is None:
        return "There are too few reviews yet to say how long it takes."
    words = next((words for maximum, words in WORDS.items() if hours <= maximum), "after more than a week")
    return f"Moderators usually decide {words}."
