"""Where things are kept: tables of replications."""
