"""`python -m rasterloom.http.openapi FILE…` writes the document to every file; to the packaged one if none is named."""

import sys
from pathlib import Path

from rasterloom.http.openapi import text

if __name__ == "__main__":
    for target in sys.argv[1:] or [str(Path(__file__).parents[1] / "openapi.json")]:
        Path(target).write_text(text(), encoding="utf-8")
