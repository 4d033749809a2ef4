"""Questions asked of several workshops at once."""
