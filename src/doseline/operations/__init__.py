"""What passes between the workshops: orders, slots, schedule, standing, events, life, check."""
