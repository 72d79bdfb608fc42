"""What a vendor's page shows beside its posts."""
