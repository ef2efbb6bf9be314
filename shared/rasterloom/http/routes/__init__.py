"""Every route, one file per group of endpoints."""

from typing import Final

from rasterloom.http.routes import (
    artifacts,
    bulk,
    changes,
    datasets,
    edits,
    jobs,
    meta,
    outputs,
    preview,
    rasters,
    replacements,
    uploads,
    vrts,
)
from rasterloom.http.routing import Route

ROUTES: Final[tuple[Route, ...]] = (
    *rasters.ROUTES,
    *bulk.ROUTES,
    *uploads.ROUTES,
    *vrts.ROUTES,
    *preview.ROUTES,
    *changes.ROUTES,
    *replacements.ROUTES,
    *jobs.ROUTES,
    *datasets.ROUTES,
    *edits.ROUTES,
    *artifacts.ROUTES,
    *outputs.ROUTES,
    *meta.ROUTES,
)
