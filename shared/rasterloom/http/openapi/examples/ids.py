"""Who and what the examples are about: two elevation tiles of Jacksboro, and the mosaic that is woven of them."""

from typing import Final

OWNER: Final = "8f6c2a10-5b7e-4c39-9a54-0d1e2f3a4b5c"
GROUP: Final = "1f4d8a6b-6c55-5c0f-9a3e-6f2c1d7b8e90"
WEST: Final = "0b9d7a52-6f0e-4a53-9f0e-2d1c8f0a1b01"
EAST: Final = "0b9d7a52-6f0e-4a53-9f0e-2d1c8f0a1b02"
VRT: Final = "6a1f5a0e-3b1d-4f0b-8d8e-5c2b7e9f3c10"
GENERATION: Final = "c7d1e2f3-8a4b-4c5d-9e6f-7a8b9c0d1e2f"
EARLIER_GENERATION: Final = "c7d1e2f3-8a4b-4c5d-9e6f-7a8b9c0d1e2e"
JOB: Final = "f3c1b2a4-9d8e-4c7b-a6f5-0e1d2c3b4a59"
OTHER_JOB: Final = "f3c1b2a4-9d8e-4c7b-a6f5-0e1d2c3b4a58"
VERSION: Final = "2-64480c1d5ea40"
REQUEST: Final = "JKJaXmPLvHcESHA="

WEST_URI: Final = "s3://elevation-tiles/jacksboro/west.tif"
EAST_URI: Final = "s3://elevation-tiles/jacksboro/east.tif"
