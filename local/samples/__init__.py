"""Sample rasters cut from real imagery: what they are (:mod:`catalogue`) and how they come to be (:mod:`generate`)."""

from local.samples.catalogue import Flaw, Grid, Group, Profile, Sample, catalogue
from local.samples.generate import write_samples

__all__ = ["Flaw", "Grid", "Group", "Profile", "Sample", "catalogue", "write_samples"]
