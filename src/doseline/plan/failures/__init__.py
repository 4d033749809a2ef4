"""What one failure takes away, and what second chances cost."""
