"""Other ways to make one raster of many, each in a process of its own: `python -m local.bench.peers.<name> TASK`."""
