"""`gdal.BuildVRT` as fast as it can be set: one request for each source."""

from local.bench.peers.gdal_build import TUNED, build
from local.bench.work import main

if __name__ == "__main__":
    main(lambda task: build(task, TUNED))
