"""`gdal.BuildVRT` as it is out of the box."""

from local.bench.peers.gdal_build import build
from local.bench.work import main

if __name__ == "__main__":
    main(build)
