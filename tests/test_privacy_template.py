"""The template of the privacy page says what the tables hold: a new table or column of a member has its place here."""

import pytest
from flask import Flask

from forum.accounts.models import Member
from forum.admin.legal_views import template_of
from forum.db import db

# What the template says about each table.
SENTENCES = {
    "appeals": "appeals",
    "case_notes": "notes of moderators",
    "cases": "Reports with their reasons",
    "comments": "Posts, replies",
    "corrections": "the corrections they suggest",
    "decisions": "decisions",
    "disclosure_states": "Which companies were counted is encrypted",
    "evidence_files": "Files that moderators ask for",
    "evidence_requests": "Files that moderators ask for",
    "flags": "A report also has a code of your network",
    "invite_links": "By which invitation link you came",
    "mails": "Waiting mail is encrypted",
    "member_saved_lists": "bookmark and save",
    "member_sessions": "a hash of its token",
    "member_states": "What you follow",
    "members": "Name, e-mail address, password",
    "mentions": "whom you mention",
    "notices": "Name and e-mail address of the sender are encrypted",
    "passkeys": "of passkeys the public key",
    "posts": "Posts, replies",
    "pseudonyms": "under an alias for each thread",
    "rating_revisions": "Everything else about it",
    "ratings": "A rating in a post shows its stars",
    "representatives": "the title at that vendor",
    "revisions": "earlier versions",
    "sanctions": "A sanction on an alias reaches its author",
    "scheduled_texts": "Scheduled texts",
    "sealed_drafts": "drafts on the server",
    "search_documents": "the words of readable texts",
    "spam_batches": "Moderation",
    "staff_mails": "how soon moderators want mail",
    "useful_votes": "useful votes",
    "withheld_texts": "the earlier wording of texts",
}
NOTHING_PERSONAL = set(
    """
    categories decision_counts imported_addresses job_claims job_runs leaning_counts legal_texts node_fingerprints
    open_data_files pending_mentions pending_recounts post_tags
    programme_changes programmes search_words site_settings snapshots spent_links standard_texts tag_synonyms tags tiers
    unindexed_replies unmailed_posts unmailed_texts vendor_aliases
    vendor_domains vendors
    """.split()
)
# What the template says about what a member fills in or is recorded about them.
COLUMNS = {
    "applied_at": "need approval",
    "banned_at": "a ban",
    "bounced_at": "the day on which mail to you came back",
    "business_type": "type of company",
    "company": "company",
    "confirmed_at": "confirmed your address",
    "country": "country",
    "email": "e-mail address",
    "imported_for_id": "Imported texts",
    "invite_link_id": "invitation link",
    "job_title": "job title",
    "joined_at": "the days on which you joined",
    "mail_paces": "how soon you want mail",
    "name": "Name",
    "password_hash": "password (as a hash)",
    "recovery_codes": "recovery codes",
    "recovery_phrase_hash": "recovery phrase",
    "region": "region",
    "represents_id": "Vendor representatives",
    "suspended_until": "A suspension",
    "time_zone": "time zone",
    "totp_seal": "two-factor authentication",
    "work_domain": "a verified work domain",
}
# Copies, numbers and states that say nothing else about a person.
DERIVED = set(
    """
    anonymous_locked_until id lock_reminder_at mail_domain mailbox named_in_log role secret_seal session_epoch slug staff_number
    vouched_at work_domain_proved_at
    """.split()
)


@pytest.fixture
def template(app: Flask) -> str:
    with app.test_request_context():
        return " ".join(template_of("privacy").split())


def test_the_privacy_template_says_what_each_table_holds(app: Flask, template: str) -> None:
    tables = {name for name in db.metadata.tables if "_fts" not in name}
    assert tables - NOTHING_PERSONAL - set(SENTENCES) == set(), "say it in the template, or why it is nothing personal"
    assert [name for name, words in SENTENCES.items() if words not in template] == []


def test_the_privacy_template_says_what_is_stored_about_a_member(app: Flask, template: str) -> None:
    columns = set(Member.__table__.columns.keys())
    assert columns - DERIVED - set(COLUMNS) == set(), "say it in the template, or why it says nothing more"
    assert [name for name, words in COLUMNS.items() if words not in template] == []
