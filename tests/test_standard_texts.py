"""Action, rule and reason fit together, and a standard text never replaces what a moderator typed."""

from typing import Any

import pytest

from forum.accounts.models import Member
from forum.db import db
from forum.moderation.decisions.actions import log_decision
from forum.moderation.decisions.appeals import file_appeal
from forum.moderation.models import Case, Decision
from forum.moderation.rules import NO_RULE_BROKEN, RULES, STANDARD_TEXTS
from forum.moderation.standard_texts.models import EditedText
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
    assert STANDARD_TEXTS["appeal-upheld"].text in page and NO_RULE_BROKEN not in page
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


# As admins write them


def save(browser: Any, key: str, body: str, language: str = "en", version: str = "") -> Any:
    path = f"/admin/standard-texts/{key}?language={language}"
    return browser.post(path, data={"body": body, "version": version})


GERMAN = "Dieser Text nennt eine Privatperson. Nenne stattdessen die Rolle."


def test_an_admin_changes_a_text_and_takes_the_change_back(browse: Browse, admin: Member, judge: Member) -> None:
    case = case_about(make_post())
    assert save(browse(admin), "3", "Name the role, not the person, and it is shown again.").status_code == 302
    assert "Name the role, not the person" in fill_in(browse, judge, case, reason="")
    entry = db.session.query(Decision).one()
    assert entry.facts == "standard text “Rule 3: No private individuals.” in English: changed"
    assert "Changed" in browse(admin).get("/admin/standard-texts").text
    page = fill_in(browse, judge, case, rule="2", reason="Name the role, not the person, and it is shown again.")
    assert RULES[2].standard_reason in page and "Name the role" not in page, "it is a standard text, too"
    save(browse(admin), "3", "")
    assert RULES[3].standard_reason in fill_in(browse, judge, case, reason="")
    assert db.session.query(EditedText).count() == 0


def test_a_moderator_chooses_the_language_where_there_are_texts(browse: Browse, admin: Member, judge: Member) -> None:
    case = case_about(make_post())
    assert 'name="language"' not in fill_in(browse, judge, case, reason="")
    save(browse(admin), "3", GERMAN, "de")
    page = fill_in(browse, judge, case, reason="", language="de")
    assert GERMAN in page and "Deutsch" in page and "Français" not in page
    page = fill_in(browse, judge, case, rule="2", reason=GERMAN, language="de")
    assert RULES[2].standard_reason in page and GERMAN not in page, "English is used where nothing is translated"
    post_to(browse, judge, case, reason="", language="xx")


@pytest.mark.parametrize("body", ["Too short.", "x" * 2001])
def test_a_text_that_no_reason_may_be_is_refused_and_kept(browse: Browse, admin: Member, body: str) -> None:
    answer = save(browse(admin), "3", body)
    assert answer.status_code == 422 and body in answer.text
    assert db.session.query(EditedText).count() == db.session.query(Decision).count() == 0


def test_of_two_admins_the_second_sees_what_the_first_wrote(browse: Browse, admin: Member) -> None:
    page = browse(admin).get("/admin/standard-texts/3").text
    version = page.partition('name="version" value="')[2].partition('"')[0]
    save(browse(admin), "3", "The first admin wrote this about rule three.", version=version)
    answer = save(browse(admin), "3", "The second admin wrote something else here.", version=version)
    assert answer.status_code == 200, "it is not saved"
    for words in ("The first admin wrote this", "The second admin wrote something"):
        assert words in answer.text


def test_moderators_and_unknown_texts_stay_outside(browse: Browse, admin: Member, judge: Member) -> None:
    assert save(browse(judge), "3", GERMAN).status_code == 403
    assert save(browse(admin), "12", GERMAN).status_code == 404
