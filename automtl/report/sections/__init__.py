"""The sections of the report: each answers one question, from what the run folder holds."""
