# Nothing to set up.
