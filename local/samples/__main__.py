"""``python -m local.samples OUT_DIR``: write the sample rasters, or find them written already."""

import argparse
import time
from collections import Counter
from pathlib import Path

from local.samples.generate import write_samples


def main() -> None:
    """Write the samples and say how many of each group there are."""
    parser = argparse.ArgumentParser(prog="python -m local.samples", description=__doc__)
    parser.add_argument("out_dir", type=Path, help="folder for the sample rasters")
    out = parser.parse_args().out_dir
    started = time.monotonic()
    samples = write_samples(out)
    for group, count in Counter(sample.group for sample in samples).items():
        print(f"{count:3} {group}")
    size = sum(sample.path.stat().st_size for sample in samples)
    print(f"{len(samples)} files, {size / 1e6:.1f} MB in {out} ({time.monotonic() - started:.1f} s)")


if __name__ == "__main__":
    main()
