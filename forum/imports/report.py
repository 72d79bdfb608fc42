"""What an import did, counted while it runs and told at its end in plain words."""

from collections import Counter
from dataclasses import dataclass, field

from forum.templating import count_of

MOST_TOLD = 25


@dataclass
class Report:
    """Counts by what happened. `failed` when the file could not be read to its end."""

    dry_run: bool = False
    failed: bool = False
    posts: int = 0
    posts_known: int = 0
    comments: int = 0
    comments_known: int = 0
    members: int = 0
    members_known: int = 0
    tags: int = 0
    invited: int = 0
    # Why left out -> how many.
    posts_skipped: Counter[str] = field(default_factory=Counter)
    comments_skipped: Counter[str] = field(default_factory=Counter)
    # What was changed on the way in -> how many.
    changed: Counter[str] = field(default_factory=Counter)
    problems: list[str] = field(default_factory=list)
    problem_count: int = 0

    def problem(self, text: str) -> None:
        """Something that could not be taken, or not as it was. The first ones are told, the rest counted."""
        self.problem_count += 1
        if len(self.problems) < MOST_TOLD:
            self.problems.append(text)

    def text(self) -> str:
        """The report."""
        lines = [
            self._line("Experiences", self.posts, self.posts_known, self.posts_skipped),
            self._line("Replies", self.comments, self.comments_known, self.comments_skipped),
            f"Members: {self.members:,} made, unclaimed; {self.members_known:,} known here already.",
            f"Tags: {self.tags:,} made.",
        ]
        if self.changed:
            lines.append(f"Changed on the way: {_list(self.changed)}.")
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
            lines.append("What is in stays, and running it again doubles nothing.")
        if self.dry_run:
            lines.append("This was a dry run: nothing was kept.")
        return "\n".join(lines)

    @staticmethod
    def _line(what: str, new: int, known: int, skipped: Counter[str]) -> str:
        parts = [f"{what}: {new:,} moved in", f"{known:,} here already", f"{skipped.total():,} left out"]
        return ", ".join(parts) + (f" ({_list(skipped)})." if skipped else ".")


def _list(counts: Counter[str]) -> str:
    return ", ".join(count_of(number, *_forms(what)) for what, number in counts.most_common())


def _forms(what: str) -> tuple[str, str]:
    """ "draft|drafts" as its two forms; a phrase without a bar is the same for one and many."""
    one, bar, many = what.partition("|")
    return one, many if bar else one
