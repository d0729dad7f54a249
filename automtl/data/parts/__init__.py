"""Which rows are for what."""
