"""Ratings: a member's judgement of a vendor, the scores made of many, their publication and their charts."""
