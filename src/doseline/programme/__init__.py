"""What the programme is, and the rules of making."""

from doseline.programme.programme import Programme

__all__ = ["Programme"]
