"""Our own adapters at work, each in a process of its own: `python -m local.bench.ours.<name> TASK`."""
