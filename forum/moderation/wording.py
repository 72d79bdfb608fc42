"""What a decision is called, in the public log and to the member concerned, and what became of a notice."""

from collections.abc import Mapping
from typing import Protocol

from forum.moderation.kinds import ACTIONS, AUTOMATIC, Words

# What became of a notice, as its sender, the author and the transparency page read it.
NOTICE_OUTCOMES: Mapping[str, str] = {
    "kept": "The content stays up",
    "changed": "The content stays up, and something about its thread was changed",
    "edit_asked": "The content is hidden until its author edits it",
    "hidden": "The content is hidden",
    "removed": "The content was removed",
    "gone": "The content is no longer visible: its author deleted it, or it was already hidden",
}


class LoggedDecision(Protocol):
    """A decision, or its entry in the log."""

    @property
    def action(self) -> str: ...

    @property
    def source(self) -> str: ...

    @property
    def automated(self) -> bool: ...


def log_words(decision: LoggedDecision) -> str:
    """Return what was done, as the public log says it."""
    return _words(decision).log


def outcome_for_author(decision: LoggedDecision) -> str:
    """Return what was decided, as the member concerned is told."""
    return _words(decision).author


def _words(decision: LoggedDecision) -> Words:
    action = ACTIONS[decision.action]
    is_automatic = decision.automated and AUTOMATIC in action.by_source
    return action.words(AUTOMATIC if is_automatic else decision.source)
