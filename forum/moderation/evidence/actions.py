"""Ask for evidence, store what is sent, and delete it when the case is closed."""

from forum import anonymity, mail
from forum.accounts.models import Member
from forum.db import db, lock, now, start_of_day
from forum.links import external_url
from forum.moderation.cases import add_note
from forum.moderation.evidence.files import CleanFile
from forum.moderation.evidence.models import MAX_FILES, EvidenceFile, EvidenceRequest, Recipient
from forum.moderation.evidence.queries import file_count, ids_of_closed_cases
from forum.moderation.models import Case
from forum.moderation.notices.senders import unseal_sender

# Part of the key that seals files: it never changes.
PURPOSE = "evidence"
WHOM = {"author": "the author", "sender": "the sender of the notice"}


def ask_for_evidence(case: Case, moderator: Member, *, recipient: Recipient, question: str) -> EvidenceRequest:
    """Ask once for each case and recipient; a second question replaces the first. Colleagues read it in a note.

    Named authors and senders get mail. Anonymous authors find the question on the site: mail would name them.
    """
    lock(f"evidence of case {case.id}")
    evidence = db.session.query(EvidenceRequest).filter_by(case_id=case.id, recipient=recipient).one_or_none()
    if evidence is None:
        evidence = EvidenceRequest(case_id=case.id, recipient=recipient)
        db.session.add(evidence)
    evidence.question, evidence.asked_at = question, now()
    add_note(case, moderator, f"Asked {WHOM[recipient]} for evidence: {question}"[:1000])
    db.session.flush()
    _send_mail(evidence, case)
    return evidence


def add_file(evidence: EvidenceRequest, file: CleanFile) -> bool:
    """Store a file, sealed. Return False when MAX_FILES were sent already, or the case was closed meanwhile."""
    request_id = evidence.id
    lock(f"evidence of case {evidence.case_id}")
    number = file_count(evidence) + 1
    if number > MAX_FILES or db.session.query(EvidenceRequest.id).filter_by(id=request_id).one_or_none() is None:
        return False
    db.session.add(
        EvidenceFile(
            request_id=evidence.id,
            number=number,
            kind=file.kind,
            sealed=anonymity.seal_bytes(PURPOSE, file.content),
            received_on=start_of_day(now()),
        )
    )
    db.session.flush()
    return True


def open_file(file: EvidenceFile) -> bytes | None:
    """Return the content of a file; None when no key in force opens it."""
    return anonymity.unseal_bytes(PURPOSE, file.sealed)


def delete_evidence(case_id: int) -> None:
    """Delete what was asked and sent on a case."""
    db.session.query(EvidenceRequest).filter_by(case_id=case_id).delete(synchronize_session=False)


def delete_evidence_of_closed_cases() -> None:
    """Delete what is left of cases that were closed without a decision."""
    is_over = EvidenceRequest.case_id.in_(ids_of_closed_cases())
    db.session.query(EvidenceRequest).filter(is_over).delete(synchronize_session=False)


def _send_mail(evidence: EvidenceRequest, case: Case) -> None:
    address, name, link, subject = "", "", "", "your notice"
    if evidence.recipient == "sender":
        sender = unseal_sender(case.notice) if case.notice is not None else None
        if sender is not None and sender.secret:
            address, name = sender.email, sender.name
            link = external_url("evidence.of_sender", secret=sender.secret)
    elif case.content is not None and case.content.author_id is not None:
        author = db.session.get_one(Member, case.content.author_id)
        if author.email and not author.bounced_at:
            address, name = author.email, author.name
        post = case.comment.post if case.comment is not None else case.post
        subject = f"“{post.title}”" if post is not None else "what you wrote"
        link = external_url("evidence.of_author", request_id=evidence.id)
    if address:
        question = evidence.question
        mail.enqueue(
            address, "evidence_asked", subject=f"A question about {subject}", name=name, question=question, link=link
        )
