"""Rasterloom: Cloud-Optimized GeoTIFFs on S3, woven into one GDAL VRT."""

__version__ = "0.1.0"
