"""A new plan after something has happened, with the fewest confirmed doses moved."""
