"""The fast simulator: the reference, compiled over tables, with the same luck and the same answer.

Needs Numba (the extra `speed`). See docs/decisions/0017-the-kernel.md.
"""
