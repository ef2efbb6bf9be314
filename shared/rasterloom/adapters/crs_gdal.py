"""The port `CrsEquality`, with PROJ."""

from osgeo import osr

from rasterloom.adapters.gdal_environment import quiet
from rasterloom.domain.raster import Crs


class GdalCrsEquality:
    """The comparison of `gdal.BuildVRT`: equal text, or the same to `OSRIsSame` without options.

    As there, the text is compared without regard to the case of ASCII letters, and each CRS is read anew from its
    WKT, so that the axis mapping of the file it came from plays no part.
    """

    def __init__(self) -> None:
        """Have failures raise."""
        osr.UseExceptions()

    def __call__(self, one: Crs, other: Crs) -> bool:
        """Whether both are the same CRS, however they are spelled; what PROJ cannot read is the same as nothing."""
        if one.wkt.encode().lower() == other.wkt.encode().lower():
            return True
        with quiet():
            try:
                return bool(osr.SpatialReference(one.wkt).IsSame(osr.SpatialReference(other.wkt)))
            except RuntimeError:
                return False
