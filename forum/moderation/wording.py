"""What a decision is called: in the public log, and to the member concerned."""

from typing import Protocol

from forum.moderation.kinds import ACTIONS, AUTOMATIC, Words


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
