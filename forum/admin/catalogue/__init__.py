"""The catalogue as a CSV file: vendors with other names, domains, programmes and tiers, to export and to import."""
