"""Places and orders alone: single-source facility location, solved by its own branch and bound."""
