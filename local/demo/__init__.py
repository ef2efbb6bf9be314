"""`make demo`: the whole journey on the local stack, from COGs on S3 to two virtual rasters that anyone can open."""
