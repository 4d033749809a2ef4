"""Plans of thousands of orders: a beginning by weeks, stretches planned anew, bounds by weeks."""
