"""Our VRT is what `gdal.BuildVRT` writes over the real objects; where GDAL refuses, we refuse in its words.

`docs/exactness.md` is made of the same rows: `make exactness` writes it anew.
"""

from __future__ import annotations

import os

import pytest
from osgeo import gdal

from local.paths import ROOT
from rasterloom.domain.dataset import VrtType
from tests.integration.gdal.exactness import Row, row
from tests.support.corpus import CORPUS
from tests.support.lab import Lab

DOCUMENT = ROOT / "docs" / "exactness.md"
WRITTEN_WITH = "3.13"
"""The GDAL of the layer; another one's words may differ."""


@pytest.mark.parametrize("vrt_type", VrtType)
@pytest.mark.parametrize("name", CORPUS)
def test_bytes_and_refusals_are_those_of_gdal(lab: Lab, name: str, vrt_type: VrtType) -> None:
    members = lab.members(*CORPUS[name])
    found = row(lab, name, vrt_type, members)
    for outcome in (found.plain, found.targeted):
        assert outcome.equal == outcome.ways
        assert outcome.silent == (), "what GDAL refuses or leaves out is refused before it is accepted"
    listed = lab.client.list_objects_v2(Bucket=lab.bucket)["Contents"]
    standing = {entry["Key"]: entry["ETag"] for entry in listed}
    assert standing == {member.ref.key: member.etag for member in members}, "no object was written to"
    _require_written(found)


def _require_written(found: Row) -> None:
    """That the document has the row; with `RASTERLOOM_EXACTNESS` it is put there."""
    if not gdal.__version__.startswith(WRITTEN_WITH):
        return
    folder = os.environ.get("RASTERLOOM_EXACTNESS")
    if folder:
        number = list(CORPUS).index(found.name) * len(VrtType) + list(VrtType).index(found.vrt_type)
        (ROOT / folder / f"{number:04}.row").write_text(found.text() + "\n", encoding="utf-8")
        return
    assert found.text() in DOCUMENT.read_text(encoding="utf-8").splitlines(), "docs/exactness.md: run make exactness"
