"""The ports of `rasterloom.ports`, made of AWS, obstore and GDAL. Heavy imports happen here and nowhere else."""

# Python's parser of XML before anything loads GDAL: where it takes libexpat from the system, it would otherwise get the
# one that lies beside GDAL in the layer and parses nothing (`layers/gdal/expat.py`). Of libraries of one name the first
# that is loaded stays; GDAL is content with either.
import xml.parsers.expat  # noqa: F401
