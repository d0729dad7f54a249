"""Files to predict from, some rows at a time."""
