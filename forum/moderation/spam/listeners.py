"""Restore a batch of spam when its decision is reversed, by a colleague or on appeal."""

from forum.moderation.models import Decision
from forum.moderation.signals import decided
from forum.moderation.spam.actions import undo_batch
from forum.moderation.spam.queries import batch_of


@decided.connect
def _undo_batch(decision: Decision) -> None:
    if decision.reverses_id is not None and (batch := batch_of(decision.reverses_id)) is not None:
        undo_batch(batch)
