"""Files of predictions, written while they are made."""
