"""From columns to inputs: what is predicted from."""
