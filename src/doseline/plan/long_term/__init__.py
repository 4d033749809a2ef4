"""Quarters to years: headroom, weekly slots, and from when a plant is used."""
