"""Counts what functions use of AWS, on the wire between them and the emulator."""
