"""Where things are kept: a ledger, the keys that seal it, and replications.

`keys` reads and makes the key files of Ed25519; `sqlite` keeps a ledger in one file; `parts` keeps
replications as Parquet, and `query` asks them.
"""
