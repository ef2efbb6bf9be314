"""A VRT for reading in place names its sources from where it lies."""

import posixpath
from xml.etree import ElementTree as ET
from xml.sax.saxutils import escape

from hypothesis import given
from hypothesis import strategies as st

from rasterloom.vrt.relative import relative_document

KEY = "vrts/dataset/generation/attempt/source.relative.vrt"
SEGMENTS = st.text(st.characters(codec="utf-8", exclude_categories=["C", "Z"], exclude_characters="/"), min_size=1)
KEYS = st.lists(SEGMENTS.filter(lambda text: text not in {".", ".."}), min_size=1, max_size=4).map("/".join)
BUCKETS = st.sampled_from(["ours", "ours-2", "another.bucket"])


def document(*paths: str) -> bytes:
    sources = "".join(f'<SourceFilename relativeToVRT="0">{escape(path)}</SourceFilename>' for path in paths)
    return f"<VRTDataset><SRS>a/../b</SRS>{sources}</VRTDataset>".encode()


@given(st.lists(st.tuples(BUCKETS, KEYS), min_size=1, max_size=5))
def test_every_path_leads_from_the_vrt_to_its_source(refs: list[tuple[str, str]]) -> None:
    paths = [f"/vsis3/{bucket}/{key}" for bucket, key in refs]
    made = relative_document(document(*paths), "ours", KEY)
    sources = list(ET.fromstring(made).iter("SourceFilename"))  # noqa: S314 - made by this test
    assert [each.get("relativeToVRT") for each in sources] == ["1"] * len(paths)
    folder = posixpath.dirname(f"/vsis3/ours/{KEY}")
    assert [posixpath.normpath(f"{folder}/{each.text}") for each in sources] == paths


def test_a_source_in_the_same_bucket_needs_nothing_above_it() -> None:
    made = relative_document(document("/vsis3/ours/a.tif", "/vsis3/theirs/b.tif"), "ours", KEY)
    assert b">../../../../a.tif<" in made
    assert b">../../../../../theirs/b.tif<" in made


def test_nothing_else_is_touched() -> None:
    made = relative_document(document("/vsis3/ours/a.tif"), "ours", KEY)
    back = made.replace(b'relativeToVRT="1">../../../../', b'relativeToVRT="0">/vsis3/ours/')
    assert back == document("/vsis3/ours/a.tif")
