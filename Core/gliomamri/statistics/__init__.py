"""Effect sizes, intervals, densities and multiple testing; plain numpy and scipy."""
