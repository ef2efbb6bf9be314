"""What is true of rasters, datasets, generations and jobs. No I/O, no SDK, no GDAL."""
