"""`docs/performance.md`, its JSON and its plots, from all parts that were measured."""
