#!/usr/bin/env python3
"""Checks what `sam build` made against the limits of AWS Lambda on Amazon Linux 2023.

Every function must stay under 200 MB unzipped with all its layers (Lambda refuses 250 MB; the rest is for growth),
no library in it may need a newer glibc than the 2.34 of Amazon Linux 2023, and every library that another one needs
has to be in it, or in the environment that Lambda runs functions in, which has fewer than the image to build them in.
Run it as `python layers/check.py [BUILD_FOLDER]`.
"""

import sys
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import yaml
from elftools.elf.dynamic import DynamicSection
from elftools.elf.elffile import ELFFile
from elftools.elf.gnuversions import GNUVerNeedSection

MEGABYTE = 2**20
MAX_BYTES = 200 * MEGABYTE
NEWEST_GLIBC = (2, 34)
LARGEST_SHOWN = 10
PROVIDED = frozenset(
    {
        "ld-linux-x86-64.so.2",
        "libc.so.6",
        "libdl.so.2",
        "libgcc_s.so.1",
        "libm.so.6",
        "libpthread.so.0",
        "librt.so.1",
        "libstdc++.so.6",
        "libz.so.1",
    }
)
"""What Lambda's environment for python3.13 has: glibc, the compiler's own libraries, and zlib. It has no expat, X11 or
glib, though wheels for manylinux may leave those to the system, too."""
EXPAT = "libexpat.so.1"

type Version = tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Bundle:
    """What one function is made of."""

    name: str
    folders: tuple[Path, ...]
    """Its code, then its layers."""

    def files(self) -> Iterator[tuple[str, Path]]:
        """Every file with its name as people know it: `Folder/path/in/folder`."""
        for folder in self.folders:
            for path in sorted(folder.rglob("*")):
                if path.is_file() and not path.is_symlink():
                    yield f"{folder.name}/{path.relative_to(folder)}", path


def bundles(build: Path) -> list[Bundle]:
    """The functions of a built template, each with the folders of its layers.

    Raises:
        FileNotFoundError: There is no built template, or it names a folder that is not there.
    """
    resources: Mapping[str, Any] = yaml.safe_load((build / "template.yaml").read_text(encoding="utf-8"))["Resources"]
    found = []
    for name, resource in resources.items():
        if resource["Type"] == "AWS::Serverless::Function":
            properties = resource["Properties"]
            layers = [resources[layer["Ref"]]["Properties"]["ContentUri"] for layer in properties.get("Layers", [])]
            folders = tuple(build / folder for folder in (properties["CodeUri"], *layers))
            for folder in folders:
                if not folder.is_dir():
                    raise FileNotFoundError(f"{name}: expected the folder {folder}, found none; run `sam build`")
            found.append(Bundle(name, folders))
    return found


@cache
def glibc_needed(library: Path) -> Version:
    """The newest `GLIBC_` symbol version that an ELF file needs, `(0,)` when it needs none or is no ELF file."""
    with library.open("rb") as stream:
        if stream.read(4) != b"\x7fELF":
            return (0,)
        section = ELFFile(stream).get_section_by_name(".gnu.version_r")
        if not isinstance(section, GNUVerNeedSection):
            return (0,)
        names = [entry.name for _, entries in section.iter_versions() for entry in entries]
    return max((_version(name) for name in names if name.startswith("GLIBC_2")), default=(0,))


@cache
def libraries_needed(library: Path) -> frozenset[str]:
    """The names of the libraries that an ELF file is linked with, none when it is no ELF file."""
    with library.open("rb") as stream:
        if stream.read(4) != b"\x7fELF":
            return frozenset()
        sections: list[Any] = [each for each in ELFFile(stream).iter_sections() if isinstance(each, DynamicSection)]
        return frozenset(tag.needed for section in sections for tag in section.iter_tags("DT_NEEDED"))


@cache
def expat_functions(library: Path) -> frozenset[str]:
    """The functions of expat that an ELF file calls, and leaves to another to define."""
    if EXPAT not in libraries_needed(library):
        return frozenset()
    with library.open("rb") as stream:
        symbols: Any = ELFFile(stream).get_section_by_name(".dynsym")
        named = symbols.iter_symbols() if symbols else ()
        return frozenset(each.name for each in named if each.name.startswith("XML_") and not each["st_value"])


def _version(name: str) -> Version:
    return tuple(int(part) for part in name.removeprefix("GLIBC_").split("."))


def _text(version: Version) -> str:
    return ".".join(map(str, version))


def too_large(bundle: Bundle, limit: int = MAX_BYTES) -> str | None:
    """Why the bundle is too large, with its largest entries (each package of a layer is one), or None."""
    entries: Counter[str] = Counter()
    for name, path in bundle.files():
        entries["/".join(name.split("/")[:3])] += path.stat().st_size
    total = entries.total()
    if total <= limit:
        return None
    largest = "".join(f"\n  {size / MEGABYTE:8.1f} MB  {name}" for name, size in entries.most_common(LARGEST_SHOWN))
    return f"{bundle.name}: at most {limit / MEGABYTE:.0f} MB unzipped, found {total / MEGABYTE:.1f} MB:{largest}"


def too_new(bundle: Bundle, newest: Version = NEWEST_GLIBC) -> list[str]:
    """The libraries of the bundle that would not load, each with the glibc that it needs."""
    needed = ((name, glibc_needed(path)) for name, path in bundle.files() if ".so" in path.name)
    return [
        f"{bundle.name}: {name} needs glibc {_text(version)}, expected at most {_text(newest)}"
        for name, version in needed
        if version > newest
    ]


def absent(bundle: Bundle) -> list[str]:
    """The libraries of the bundle that would not load, each with what it needs and would not find."""
    libraries = {name: path for name, path in bundle.files() if ".so" in path.name}
    there = PROVIDED | {path.name for path in libraries.values()}
    lines = [
        f"{bundle.name}: {name} needs {needed}, expected in the bundle or in Lambda's environment"
        for name, path in libraries.items()
        for needed in sorted(libraries_needed(path) - there)
    ]
    own = next((path.read_bytes() for path in libraries.values() if path.name == EXPAT), b"")
    called = ((name, function) for name, path in libraries.items() for function in sorted(expat_functions(path)))
    undefined = ((name, function) for name, function in called if function.encode() + b"\0" not in own)
    return lines + [f"{bundle.name}: {name} calls {function}, expected in {EXPAT}" for name, function in undefined]


def problems(found: Iterable[Bundle]) -> list[str]:
    """Everything that is wrong with the bundles, one text each."""
    return [text for bundle in found for text in (too_large(bundle), *too_new(bundle), *absent(bundle)) if text]


def summary(bundle: Bundle) -> str:
    """One line of figures about a bundle."""
    paths = [path for _, path in bundle.files()]
    size = sum(path.stat().st_size for path in paths) / MEGABYTE
    libraries = [path for path in paths if ".so" in path.name]
    newest = max(map(glibc_needed, libraries), default=(0,))
    return f"{bundle.name}: {size:.1f} MB, {len(libraries)} libraries, glibc {_text(newest)}"


def main(arguments: list[str]) -> int:
    """Check a build folder; 1 when something is wrong with it."""
    found = bundles(Path(arguments[0] if arguments else ".aws-sam/build"))
    sys.stdout.writelines(f"{summary(bundle)}\n" for bundle in found)
    wrong = problems(found)
    sys.stderr.writelines(f"{text}\n" for text in wrong)
    return 1 if wrong or not found else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
