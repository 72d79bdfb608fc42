"""From ratings to published scores: formulas, disclosure control, publication."""
