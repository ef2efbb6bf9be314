"""Every route, one file per group of endpoints."""

from typing import Final

from rasterloom.http.routes import artifacts, changes, datasets, edits, jobs, meta, rasters, vrts
from rasterloom.http.routing import Route

ROUTES: Final[tuple[Route, ...]] = (
    *rasters.ROUTES,
    *vrts.ROUTES,
    *changes.ROUTES,
    *jobs.ROUTES,
    *datasets.ROUTES,
    *edits.ROUTES,
    *artifacts.ROUTES,
    *meta.ROUTES,
)
