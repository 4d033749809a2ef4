"""Why a dose is late, moved or unmet, what would save it, and what one more of a thing is worth."""
