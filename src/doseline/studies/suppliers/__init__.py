"""What each further supplier buys, split by cause."""
