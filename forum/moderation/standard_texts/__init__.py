"""Standard texts for the reasons of decisions, as admins have changed and translated them."""
