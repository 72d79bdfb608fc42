"""Published scores as open data."""
