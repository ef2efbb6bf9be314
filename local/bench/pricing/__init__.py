"""Prices of what was counted."""
