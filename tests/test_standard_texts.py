"""Action, rule and reason fit together, and a standard text never replaces what a moderator typed."""

import pytest

from forum.accounts.models import Member
from forum.db import db
from forum.moderation.decisions.actions import log_decision
from forum.moderation.decisions.appeals import file_appeal
from forum.moderation.models import Case, Decision
from forum.moderation.rules import NO_RULE_BROKEN, RULES, STANDARD_TEXTS
from forum.urls import key_text
from tests.factories import make_comment, make_member, make_post
from tests.moderation import REMOVE, WHY, Browse, case_about, decide


def post_to(browse: Browse, moderator: Member, case: Case, **fields: str) -> str:
    answer = browse(moderator).post(f"/moderation/cases/{key_text(case.id)}/decide", data={**REMOVE, **fields})
    assert answer.status_code in (200, 422), answer.status_code
    return " ".join(answer.text.split()).replace("&#39;", "'")


def fill_in(browse: Browse, moderator: Member, case: Case, **fields: str) -> str:
    return post_to(browse, moderator, case, intent="fill_reason", **fields)


def test_a_reason_that_was_typed_stays_above_the_standard_text(browse: Browse, judge: Member) -> None:
    page = fill_in(browse, judge, case_about(make_post()), reason="Line three names a trainee.")
    assert f"Line three names a trainee. {RULES[3].standard_reason}" in page


def test_a_standard_text_gives_way_to_that_of_another_rule_and_comes_once(browse: Browse, judge: Member) -> None:
    case = case_about(make_post())
    page = fill_in(browse, judge, case, reason=RULES[2].standard_reason)
    assert RULES[3].standard_reason in page and RULES[2].standard_reason not in page
    typed = f"Line three. {RULES[3].standard_reason}"
    assert fill_in(browse, judge, case, reason=typed).count(RULES[3].standard_reason) == 1


def test_without_a_rule_nothing_is_filled_in_for_a_decision_against_the_author(browse: Browse, judge: Member) -> None:
    page = fill_in(browse, judge, case_about(make_post()), rule="", reason="")
    assert NO_RULE_BROKEN not in page and "Choose the decision first, and the rule" in page


def test_an_appeal_is_answered_with_words_about_appeals(browse: Browse, judge: Member) -> None:
    appeal = file_appeal(decide(browse, judge, make_post()), "The passage is my own experience.")
    case = db.session.query(Case).filter_by(appeal_id=appeal.id).one()
    db.session.commit()
    other = make_member(role="moderator")
    page = fill_in(browse, other, case, action="upheld", rule="", reason="")
    assert STANDARD_TEXTS["appeal upheld"].text in page and NO_RULE_BROKEN not in page
    assert 'name="rule"' not in page


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"action": "decline"}, "This decision is not against the author"),
        ({"action": "move", "tags": ""}, "This decision is not against the author"),
        ({"rule": ""}, "Choose the rule that this decision is based on"),
        ({"action": "decline", "rule": "", "sanction": "warn"}, "Choose the rule that this decision is based on"),
        ({"reason": NO_RULE_BROKEN}, "This says that no rule is broken"),
        ({"action": "decline", "sanction": "warn", "reason": NO_RULE_BROKEN}, "This says that no rule is broken"),
    ],
)
def test_what_does_not_fit_together_is_refused(
    browse: Browse, judge: Member, fields: dict[str, str], message: str
) -> None:
    assert message in post_to(browse, judge, case_about(make_post()), **fields)
    assert db.session.query(Decision).count() == 0


def test_only_the_sanction_cites_the_rule_when_the_text_stays(browse: Browse, judge: Member) -> None:
    decide(browse, judge, make_comment(), action="decline", sanction="warn")
    rules = {decision.action: decision.rule for decision in db.session.query(Decision)}
    assert rules == {"decline": None, "warn": 3}


def test_the_log_refuses_a_row_whose_action_and_rule_do_not_fit(judge: Member) -> None:
    post = make_post()
    for action, rule in (("warn", None), ("approve", 3)):
        with pytest.raises(ValueError, match="don't fit together"):
            log_decision(post, action=action, rule=rule, facts="", reason=WHY, source="own", moderator=judge)


def test_a_reversal_blames_nobody(browse: Browse, judge: Member) -> None:
    decision = decide(browse, judge, make_post())
    path = f"/moderation/log/{decision.id}/undo"
    browse(judge).post(path, data={"reason": "The passage quotes a public announcement."})
    reversal = db.session.query(Decision).filter_by(reverses_id=decision.id).one()
    assert (reversal.action, reversal.rule) == ("restore", None)
