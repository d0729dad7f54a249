"""The trials in other tools: while a search goes on, by callbacks, or afterwards."""
