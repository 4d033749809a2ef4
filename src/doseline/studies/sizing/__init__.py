"""The least capacity that meets the service target, and when to add the next."""
