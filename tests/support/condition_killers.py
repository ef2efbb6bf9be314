"""Where the table of terms and of the tests that need them lies."""

from pathlib import Path
from typing import Final

TABLE_FILE: Final = Path(__file__).parents[1] / "unit" / "adapters" / "condition_killers.json"
"""Step and kind of item -> term -> the test that fails without it; "" where none does."""
