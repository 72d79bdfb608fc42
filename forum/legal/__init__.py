"""Imprint, privacy, terms and contact: pages that the operator of a site must write."""
