"""Questions about evidence."""

from collections.abc import Sequence

from sqlalchemy import Select, func, select
from sqlalchemy.orm import joinedload, selectinload, undefer

from forum.accounts.models import Member
from forum.db import db
from forum.moderation.evidence.models import EvidenceFile, EvidenceRequest
from forum.moderation.models import Case, Notice
from forum.moderation.queries import has_target_among_texts


def requests_of_case(case: Case) -> Sequence[EvidenceRequest]:
    """Return what was asked on a case, with the files that were sent."""
    return db.session.scalars(
        select(EvidenceRequest)
        .where(EvidenceRequest.case_id == case.id)
        .options(selectinload(EvidenceRequest.files))
        .order_by(EvidenceRequest.asked_at, EvidenceRequest.id)
    ).all()


def request_by_id(request_id: int) -> Select[EvidenceRequest]:
    """Select an open request to an author."""
    return _open().where(EvidenceRequest.id == request_id, EvidenceRequest.recipient == "author")


def request_to_sender(notice: Notice) -> EvidenceRequest | None:
    """Return what the sender of a notice is asked for, while its case is open."""
    return db.session.scalar(_open().where(Case.notice_id == notice.id, EvidenceRequest.recipient == "sender"))


def requests_to_author(member: Member, links: Sequence[str]) -> Sequence[EvidenceRequest]:
    """Return what is asked about texts that the member signed, and about their anonymous texts with these links."""
    about_own_texts = has_target_among_texts(Case, member, links)
    statement = _open().where(EvidenceRequest.recipient == "author", about_own_texts)
    return db.session.scalars(statement.order_by(EvidenceRequest.asked_at.desc()).limit(50)).all()


def file_by_id(file_id: int) -> Select[EvidenceFile]:
    """Select a file with its content."""
    return select(EvidenceFile).where(EvidenceFile.id == file_id).options(undefer(EvidenceFile.sealed))


def ids_of_closed_cases() -> Select[int]:
    """Select the ids of cases that are closed."""
    return select(Case.id).where(Case.closed_at.is_not(None))


def file_count(evidence: EvidenceRequest) -> int:
    """Return how many files were sent."""
    statement = select(func.count()).select_from(EvidenceFile).where(EvidenceFile.request_id == evidence.id)
    return db.session.scalar(statement) or 0


def request_of_file(file: EvidenceFile) -> EvidenceRequest | None:
    """Return the request that a file answers, while its case is open."""
    return db.session.scalar(_open().where(EvidenceRequest.id == file.request_id))


def _open() -> Select[EvidenceRequest]:
    return (
        select(EvidenceRequest)
        .join(Case, Case.id == EvidenceRequest.case_id)
        .where(Case.closed_at.is_(None))
        .options(
            joinedload(EvidenceRequest.case).joinedload(Case.post),
            joinedload(EvidenceRequest.case).joinedload(Case.comment),
        )
    )
