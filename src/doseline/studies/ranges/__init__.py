"""Each assumed input over its stated range: what moves service, headroom, cost and the verdict."""
