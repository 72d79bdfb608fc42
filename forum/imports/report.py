"""The report of an import: counts, and problems in words."""

from collections import Counter
from dataclasses import dataclass, field

from sqlalchemy.exc import IntegrityError

from forum.templating import count_of

MAX_PROBLEMS = 25


@dataclass
class Report:
    """Counts of what happened. `failed` if the file could not be read to its end."""

    dry_run: bool = False
    failed: bool = False
    # What the file holds: items (posts, pages, attachments ...) and the comments under them.
    items: int = 0
    item_comments: int = 0
    posts: int = 0
    posts_existing: int = 0
    posts_failed: int = 0
    comments: int = 0
    comments_existing: int = 0
    comments_failed: int = 0
    members: int = 0
    members_existing: int = 0
    tags: int = 0
    invited: int = 0
    links: int = 0
    # Counts by reason.
    posts_skipped: Counter[str] = field(default_factory=Counter)
    comments_skipped: Counter[str] = field(default_factory=Counter)
    # Counts by what was changed during the import.
    changed: Counter[str] = field(default_factory=Counter)
    problems: list[str] = field(default_factory=list)
    problem_count: int = 0

    def fail(self, message: str) -> None:
        """Record that the file could not be read to its end."""
        self.failed = True
        self.problem(message)

    def problem(self, text: str) -> None:
        """Add a problem: an item that was skipped or changed. Only the first MAX_PROBLEMS are listed."""
        self.problem_count += 1
        if len(self.problems) < MAX_PROBLEMS:
            self.problems.append(text)

    @property
    def unaccounted(self) -> int:
        """How many items and comments of the file are in no count: none, unless the import has a bug."""
        posts = self.posts + self.posts_existing + self.posts_failed + self.posts_skipped.total()
        comments = self.comments + self.comments_existing + self.comments_failed + self.comments_skipped.total()
        return abs(self.items - posts) + abs(self.item_comments - comments)

    def text(self) -> str:
        """Return the report as text."""
        lines = [
            f"The file: {count_of(self.items, 'item')} with {count_of(self.item_comments, 'comment')}.",
            self._line("Posts", self.posts, self.posts_existing, self.posts_skipped, self.posts_failed),
            self._line("Replies", self.comments, self.comments_existing, self.comments_skipped, self.comments_failed),
            f"Members: {self.members:,} created, unclaimed; {self.members_existing:,} already here.",
            f"Tags: {self.tags:,} created.",
        ]
        if self.changed:
            lines.append(f"Changed during the import: {_list(self.changed)}.")
        if self.links:
            lines.append(f"Links between posts and replies: {self.links:,} now lead to the new addresses.")
        if self.unaccounted:
            lines.append(f"Unaccounted for: {self.unaccounted:,} items or comments. This is a bug: report it.")
        if self.invited:
            lines.append(f"Invitations: {self.invited:,}.")
        if self.problem_count:
            lines.append(f"Problems: {self.problem_count:,}.")
            lines += [f"  - {problem}" for problem in self.problems]
            if self.problem_count > len(self.problems):
                lines.append(f"  ... and {self.problem_count - len(self.problems):,} more.")
        if self.failed:
            lines.append("The file was not read to its end.")
        if self.failed and not self.dry_run:
            lines.append("What was imported stays. Running the import again creates no duplicates.")
        if self.dry_run:
            lines.append("This was a dry run: nothing was saved.")
        return "\n".join(lines)

    @staticmethod
    def _line(label: str, new: int, existing: int, skipped: Counter[str], failed: int) -> str:
        parts = [f"{label}: {new:,} imported", f"{existing:,} already here", f"{skipped.total():,} skipped"]
        ending = f", {failed:,} could not be imported" if failed else ""
        return ", ".join(parts) + (f" ({_list(skipped)})" if skipped else "") + f"{ending}."


def _list(counts: Counter[str]) -> str:
    return ", ".join(count_of(number, *_singular_and_plural(label)) for label, number in counts.most_common())


def _singular_and_plural(label: str) -> tuple[str, str]:
    """Split "draft|drafts"; a label without a bar is the same for one and many."""
    singular, separator, plural = label.partition("|")
    return singular, plural if separator else singular


def error_text(error: Exception) -> str:
    """Return what kept an item from being imported, in words for the report."""
    if isinstance(error, IntegrityError):
        return "an item with its number is already here, in another place"
    return str(error)[:120] if isinstance(error, ValueError) else type(error).__name__
