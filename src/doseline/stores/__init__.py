"""Where a ledger is kept, and the keys that seal it.

`keys` reads and makes the key files of Ed25519; `sqlite` keeps a ledger in one file.
"""
