#!/usr/bin/env python3
"""Writes the `libexpat.so.1` that the layer's GDAL asks for and AWS Lambda does not have.

The wheel leaves expat to the system, as every wheel for manylinux may. Lambda's build image has it; the environment
that functions run in has not, so there `import osgeo.gdal` ends in "libexpat.so.1: cannot open shared object file".
This GDAL has no driver that reads XML with expat: it names two functions, to make a parser that nobody uses then. So
what it loads needs no parser either. Here both functions answer NULL, which is expat's own answer without memory.

The file is an ELF library after the System V ABI: headers, symbols and code in one segment, the dynamic section, which
the loader writes to, in another. Run it as `python expat.py FOLDER_OF_LIBGDAL`.
"""

import struct
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Final

NAME: Final = "libexpat.so.1"
FUNCTIONS: Final = ("XML_ParserCreate_MM", "XML_SetUnknownEncodingHandler")
"""All that libgdal names of expat; `layers/check.py` holds it against the library."""

_CODE: Final = bytes.fromhex("f30f1efa 31c0 c3")
"""`endbr64; xor eax, eax; ret`: NULL, whatever was asked."""
_PAGE: Final = 0x1000
_HEADER: Final = struct.Struct("<16s2HI3QI6H")
_SEGMENT: Final = struct.Struct("<2I6Q")
_SYMBOL: Final = struct.Struct("<I2BH2Q")
_ENTRY: Final = struct.Struct("<2Q")
_IDENT: Final = b"\x7fELF\x02\x01\x01"
"""64 bits, least significant byte first, version 1."""
_SHARED, _X86_64 = 3, 62
_LOAD, _DYNAMIC, _STACK = 1, 2, 0x6474E551
_EXECUTE, _WRITE, _READ = 1, 2, 4
_HASH, _STRINGS, _SYMBOLS, _STRINGS_SIZE, _SYMBOL_SIZE, _SONAME, _END = 4, 5, 6, 10, 11, 14, 0
_GLOBAL_FUNCTION: Final = 0x12
_SEGMENTS: Final = 4


def library(functions: Iterable[str] = FUNCTIONS) -> bytes:
    """The library, the same bytes each time."""
    names = [NAME, *functions]
    strings = b"\0" + b"".join(name.encode() + b"\0" for name in names)
    offsets = [strings.index(b"\0" + name.encode() + b"\0") + 1 for name in names]
    count = len(names)  # of symbols: the first is empty, as the library's own name is none
    hashes = _hashes(count)
    at_hashes = _HEADER.size + _SEGMENTS * _SEGMENT.size
    at_symbols = at_hashes + len(hashes) + -len(hashes) % 8
    at_strings = at_symbols + count * _SYMBOL.size
    at_code = at_strings + len(strings) + -len(strings) % 16
    symbols = [_SYMBOL.pack(0, 0, 0, 0, 0, 0)]
    symbols += [_SYMBOL.pack(offset, _GLOBAL_FUNCTION, 0, 1, at_code, len(_CODE)) for offset in offsets[1:]]
    dynamic = _dynamic(offsets[0], at_hashes, at_symbols, at_strings, len(strings))
    parts = {
        0: _headers(at_code + len(_CODE), len(dynamic)),
        at_hashes: hashes,
        at_symbols: b"".join(symbols),
        at_strings: strings,
        at_code: _CODE,
        _PAGE: dynamic,
    }
    made = b""
    for place, part in parts.items():
        made = made.ljust(place, b"\0") + part
    return made


def _hashes(count: int) -> bytes:
    """A table of one bucket, whose chain has every symbol: 1, their number, the first, and who follows each."""
    return struct.pack(f"<{3 + count}I", 1, count, 1, 0, *range(2, count), 0)


def _dynamic(name: int, hashes: int, symbols: int, strings: int, size: int) -> bytes:
    """The dynamic section: where the loader finds all else."""
    entries = {
        _SONAME: name,
        _HASH: hashes,
        _STRINGS: strings,
        _SYMBOLS: symbols,
        _STRINGS_SIZE: size,
        _SYMBOL_SIZE: _SYMBOL.size,
        _END: 0,
    }
    return b"".join(_ENTRY.pack(tag, value) for tag, value in entries.items())


def _headers(code_end: int, dynamic: int) -> bytes:
    """The file's header and those of its segments; the last one says that no stack need be executable."""
    ident = _IDENT.ljust(16, b"\0")
    sizes = (_HEADER.size, _SEGMENT.size, _SEGMENTS, 0, 0, 0)
    header = _HEADER.pack(ident, _SHARED, _X86_64, 1, 0, _HEADER.size, 0, 0, *sizes)
    return header + b"".join(
        (
            _SEGMENT.pack(_LOAD, _READ | _EXECUTE, 0, 0, 0, code_end, code_end, _PAGE),
            _SEGMENT.pack(_LOAD, _READ | _WRITE, _PAGE, _PAGE, _PAGE, dynamic, dynamic, _PAGE),
            _SEGMENT.pack(_DYNAMIC, _READ | _WRITE, _PAGE, _PAGE, _PAGE, dynamic, dynamic, 8),
            _SEGMENT.pack(_STACK, _READ | _WRITE, 0, 0, 0, 0, 0, 16),
        )
    )


def main(arguments: list[str]) -> int:
    """Write the library beside libgdal, whose run path is its own folder."""
    (folder,) = map(Path, arguments)
    if not list(folder.glob("libgdal*.so*")):
        sys.stderr.write(f"{folder}: expected libgdal in it, found none\n")
        return 1
    (folder / NAME).write_bytes(library())
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
