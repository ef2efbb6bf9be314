"""The port `CrsDocuments`, with PROJ."""

import json
from collections.abc import Mapping
from typing import Any

from osgeo import osr

from rasterloom.adapters.gdal_environment import quiet
from rasterloom.domain.raster import Crs


class GdalCrsDocuments:
    """PROJJSON, as PROJ writes it."""

    def __init__(self) -> None:
        """Have failures raise."""
        osr.UseExceptions()

    def __call__(self, crs: Crs) -> Mapping[str, Any] | None:
        """The CRS as PROJJSON; None where PROJ cannot say it so."""
        with quiet():
            try:
                document: Mapping[str, Any] = json.loads(osr.SpatialReference(crs.wkt).ExportToPROJJSON())
            except RuntimeError:
                return None
            return document
