"""Documents made from the domain: pure, no I/O, no GDAL."""
