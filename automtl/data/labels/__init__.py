"""From columns to tasks: what is to be predicted."""
