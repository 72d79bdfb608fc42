"""The rules of the site. The page of rules, the reasons for a report and every decision take them from here."""

from typing import NamedTuple


class Rule(NamedTuple):
    """A rule's short name, what it says beyond that, and a standard reason for decisions on it."""

    name: str
    text: str
    standard_reason: str


RULES: dict[int, Rule] = {
    1: Rule(
        "Write from your own experience.",
        "Describe what you experienced as a partner, as it happened. If you heard something from others, say so.",
        "This presents something as the author's own experience that was not. Say what you saw yourself and what you "
        "heard, and it can be shown again.",
    ),
    2: Rule(
        "Blunt is fine, insults are not.",
        "Judge programmes, decisions and answers, not people.",
        "This attacks a person instead of what was done. Without that passage, the rest can stay.",
    ),
    3: Rule(
        "No private individuals.",
        "No names, addresses or details by which someone without a public role can be recognised.",
        "This identifies someone who has no public role. Name the role instead, and it can be shown again.",
    ),
    4: Rule(
        "No confidential information.",
        "No confidential price lists, and no customer's name without their consent.",
        "This reveals what belongs to others: a confidential figure or a customer's name. Leave that out, and it "
        "can be shown again.",
    ),
    5: Rule(
        "Disclose conflicts of interest.",
        "If you work for a vendor, one of its competitors or a distributor, say so.",
        "The author works for one of the companies concerned and does not say so. Disclose it, and it can be shown "
        "again.",
    ),
    6: Rule(
        "No guessing.",
        "Don't guess who an anonymous author or an undisclosed vendor is.",
        "This guesses who wrote something, or which vendor is meant. Without the guess it can be shown again.",
    ),
    7: Rule(
        "No advertising.",
        "Nothing is sold here, and no link is posted for its own sake.",
        "This advertises something, or was written for the sake of a link.",
    ),
    8: Rule(
        "One person, one account.",
        "No second accounts, no vote rigging.",
        "One person used more than one account, or votes were rigged.",
    ),
    9: Rule("Nothing illegal.", "", "This breaks the law named in the facts."),
}
# What breaks these is counted as spam, apart from opinions.
SPAM_RULES = frozenset({7})
RULE_CHOICES = {str(number): f"{number}. {rule.name}" for number, rule in RULES.items()}
NO_RULE_BROKEN = "No rule is broken. If you disagree, reply instead."
FOLLOWS_THE_RULES = "A moderator reviewed this before it appeared. It follows the rules."


class StandardText(NamedTuple):
    """A standard text for the reason of a decision, and when it is used."""

    label: str
    text: str


# Of decisions that rest on no rule, by their choice in the form; of requests and appeals, after the kind of case.
_WITHOUT_RULE: dict[str, StandardText] = {
    "decline": StandardText("A report or notice is declined", NO_RULE_BROKEN),
    "approve": StandardText("A held post or reply is approved", FOLLOWS_THE_RULES),
    "move": StandardText(
        "Tags or vendor are changed",
        "The tags or the vendor did not fit. Nothing else was changed.",
    ),
    "merge": StandardText(
        "A thread points to another one",
        "Another thread covers the same subject. Please continue there. What was written can still be read.",
    ),
    "unlock": StandardText("A thread is unlocked", "The reason for locking the thread no longer applies."),
    "appeal-upheld": StandardText(
        "An appeal: the decision stands",
        "We have looked at the text, the facts and your appeal again. The decision stands.",
    ),
    "appeal-reversed": StandardText(
        "An appeal: the decision is undone",
        "You are right: the decision was a mistake, and we are sorry. It is undone, and it does not count against you.",
    ),
    "representative-approve": StandardText(
        "A vendor request is confirmed",
        "The account's e-mail address belongs to a domain of the vendor, and we have no reason to doubt the request.",
    ),
    "representative-decline": StandardText(
        "A vendor request is declined",
        "We could not confirm that this member represents the vendor. You can ask again in a month, with a job title "
        "that shows what you do there.",
    ),
}
STANDARD_TEXTS: dict[str, StandardText] = {
    str(number): StandardText(f"Rule {number}: {rule.name}", rule.standard_reason) for number, rule in RULES.items()
} | _WITHOUT_RULE


def rule_words(number: int | None) -> str:
    """Return a rule as decisions cite it: "Rule 3: No private individuals"."""
    return f"Rule {number}: {RULES[number].name.rstrip('.')}" if number in RULES else "No rule"
