"""From what a user names, one file or several, to one source of columns."""
