"""Use cases, one per file: they say what happens in which order, over the ports of `rasterloom.ports`."""
