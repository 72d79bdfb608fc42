"""Which cases a moderator can open and decide, and the next one of their list.

The next case is always further on in the list than the one before, so what was skipped does not come again, and nothing
has to be stored about it.
"""

from forum.access import can_decide, can_open_case
from forum.accounts.models import Member
from forum.moderation import cases
from forum.moderation.models import Case
from forum.moderation.queries import has_other_staff
from forum.moderation.queue.queries import Listing, Queue, open_cases_by_id, position_of, queue

BATCH_SIZE = 20


def is_decidable(member: Member, case: Case) -> bool:
    """Return whether the moderator may decide the case: as the only staff, an admin answers appeals against themselves.

    There is nothing to decide about an item that was deleted for good.
    """
    if case.item is None:
        return False
    if can_decide(member, case) or case.contested_decision is None:
        return can_decide(member, case)
    return can_decide(member, case, is_only_staff=not has_other_staff({member.id}))


def without_closed_doors(member: Member, page: Queue) -> Queue:
    """Leave out the cases that the moderator can't open: those about their own writing or their vendor. One query."""
    openable = {case.id for case in open_cases_by_id([row.id for row in page.rows]) if can_open_case(member, case)}
    return page._replace(rows=[row for row in page.rows if row.id in openable])


def claim_next(member: Member, listing: Listing, after: Case | None = None) -> Case | None:
    """Claim the next case of the list that the moderator may decide and no colleague has claimed, or return None."""
    position = position_of(after, listing.sort) if after is not None else None
    free = listing if listing.claim == "mine" else listing._replace(claim="free")
    while True:
        page = queue(free, position, BATCH_SIZE)
        by_id = {case.id: case for case in open_cases_by_id([row.id for row in page.rows])}
        for row in page.rows:
            case = by_id.get(row.id)
            # A colleague may be a moment faster: then the one after it.
            if case is not None and is_decidable(member, case) and cases.claim(case, member):
                return case
        if page.next is None:
            return None
        position = page.next
