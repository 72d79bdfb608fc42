"""Moving in from elsewhere and moving out: WordPress exports, the public archive, backups."""
