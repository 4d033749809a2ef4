"""The record of what was really made: signed, kept, and checked by anyone."""
