"""The ports of `rasterloom.ports`, made of AWS, obstore and GDAL. Heavy imports happen here and nowhere else."""
