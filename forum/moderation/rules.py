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
        "What you experienced as a partner, as it was. If you heard something from others, say so.",
        "The text presents as its author's own experience what was not. Say what you saw yourself and what you heard, "
        "and it can be shown again.",
    ),
    2: Rule(
        "Blunt is fine, insults are not.",
        "Judge programmes, decisions and answers, not people.",
        "The text attacks a person instead of what was done. Without that passage, the rest of it can stay.",
    ),
    3: Rule(
        "No private individuals.",
        "No names, addresses or details by which someone without a public role can be recognised.",
        "The text makes someone recognisable who has no public role. Name the role instead, and it can be shown again.",
    ),
    4: Rule(
        "No confidential information.",
        "No confidential price lists, and no customer's name without their consent.",
        "The text reveals what belongs to others: a confidential figure or a customer's name. Leave that out, and it "
        "can be shown again.",
    ),
    5: Rule(
        "Disclose conflicts of interest.",
        "If you work for a vendor, one of its competitors or a distributor, say so.",
        "The author works for one of those concerned, and the text does not say so. Say it, and it can be shown again.",
    ),
    6: Rule(
        "No guessing.",
        "Don't guess who an anonymous author or an undisclosed vendor is.",
        "The text guesses who wrote something, or which vendor is meant. Without the guess it can be shown again.",
    ),
    7: Rule(
        "No advertising.",
        "Nothing is sold here, and no link is posted for its own sake.",
        "The text advertises, or was written for the sake of a link.",
    ),
    8: Rule(
        "One person, one account.",
        "No second accounts, no vote rigging.",
        "One person used more than one account, or votes were rigged.",
    ),
    9: Rule("Nothing illegal.", "", "The text breaks the law named among the facts."),
}
RULE_CHOICES = {str(number): f"{number}. {rule.name}" for number, rule in RULES.items()}
NO_RULE_BROKEN = "No rule is broken. If you disagree with the text, answer it in a reply."
FOLLOWS_THE_RULES = "A moderator reviewed the text before it appeared. It follows the rules."


def rule_words(number: int | None) -> str:
    """Return a rule as decisions cite it: "Rule 3: No private individuals"."""
    return f"Rule {number}: {RULES[number].name.rstrip('.')}" if number in RULES else "No rule"
