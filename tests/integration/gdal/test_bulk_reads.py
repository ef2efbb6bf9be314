"""Many objects of an S3 on loopback: how many requests they cost, what is listed, and what cannot be."""

from collections import Counter
from itertools import chain
from typing import Any

import numpy as np
import pytest

from rasterloom.adapters import header_batches, kindred
from rasterloom.adapters.gdal_environment import open_gtiff
from rasterloom.adapters.header_batches import PooledHeaders
from rasterloom.adapters.headers import GdalHeaders
from rasterloom.adapters.heads import HEAD_BYTES, Head, Heads
from rasterloom.adapters.listed_beside import ListedBeside
from rasterloom.adapters.listing_s3 import S3Listing
from rasterloom.adapters.tiff_extent import header_extent
from rasterloom.domain.errors import ObjectMissingError, ObjectUnreadableError, UnavailableError
from rasterloom.domain.objects import ObjectPrefix, ObjectRef
from rasterloom.ports import HeaderRead
from tests.support.lab import Lab


def at_any_pace() -> None:
    """Wait for nothing."""


def test_each_well_formed_cog_of_a_listing_costs_one_request(lab: Lab) -> None:
    refs = [lab.cog(key=f"in/{number}.tif", origin=(1000.0 * number, 0.0)) for number in range(12)]
    taken: list[int] = []
    read = PooledHeaders(lab.headers, lambda: taken.append(1))
    lab.server.requests.clear()
    found = read([(ref, ()) for ref in refs])
    assert [(request.method, request.range is not None) for request in lab.server.requests] == [("GET", True)] * 12
    assert len(taken) == 12
    headers = [each for each in found if isinstance(each, HeaderRead)]
    places = [header.profile.geotransform for header in headers]
    assert [place and place.x_origin for place in places] == [1000.0 * number for number in range(12)]
    assert [header == lab.headers.read(ref) for header, ref in zip(headers, refs, strict=True)] == [True] * 12


def test_long_headers_among_short_ones_are_each_read_whole_and_in_their_places(lab: Lab) -> None:
    long = {"metadata": {"K": "x" * 50_000}}
    refs = [lab.cog(key=f"in/{number}.tif", **(long if number in {1, 4} else {})) for number in range(6)]
    lab.server.requests.clear()
    taken: list[int] = []
    found = PooledHeaders(lab.headers, lambda: taken.append(1))([(ref, ()) for ref in refs])
    assert len(lab.server.requests) == len(taken) == 6 + 2, "what is read further keeps to the pace, too"
    assert found == [lab.headers.read(ref) for ref in refs]
    kept = [len(each.profile.bands[0].metadata) for each in found if isinstance(each, HeaderRead)]
    assert kept == [0, 1, 0, 0, 1, 0]


@pytest.mark.parametrize("length", [17_000, 100_000, 400_000])
def test_a_long_header_is_fetched_no_further_than_twice_as_far_as_it_reaches(lab: Lab, length: int) -> None:
    noise = np.random.default_rng(0).integers(0, 255, (1, 2048, 2048))
    ref = lab.cog(width=2048, height=2048, fill=noise, metadata={"K": "x" * length})
    end = header_extent(lab.paths[ref.key].read_bytes()).end
    assert end > length
    lab.server.requests.clear()
    (found,) = PooledHeaders(lab.headers, at_any_pace)([(ref, ())])
    assert isinstance(found, HeaderRead)
    ranges = [request.range for request in lab.server.requests if request.range is not None]
    asked = [tuple(map(int, each.removeprefix("bytes=").split("-"))) for each in ranges]
    assert [first for first, _ in asked] == [0, *(last + 1 for _, last in asked[:-1])], "no byte twice, none left out"
    assert asked[-1][1] < max(2 * end, 2 * HEAD_BYTES)
    assert len(asked) <= 3


def test_long_heads_wait_for_nobody_in_numbers(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(header_batches, "LONG_AT_ONCE", 2)
    first = lab.cog(key="in/0.tif", metadata={"K": "x" * 50_000})
    body = lab.paths[first.key].read_bytes()
    refs = [first, *(lab.put(body, f"in/{number}.tif") for number in range(1, 8))]
    begun, taken, waiting = list[ObjectRef](), list[ObjectRef](), list[int]()
    longer, parsed = Heads.longer, GdalHeaders.parsed

    def fetch(heads: Heads, ref: ObjectRef, *rest: Any) -> Head:
        begun.append(ref)
        return longer(heads, ref, *rest)

    def parse(headers: GdalHeaders, ref: ObjectRef, *rest: Any) -> HeaderRead:
        waiting.append(len(begun) - len(taken))
        taken.append(ref)
        return parsed(headers, ref, *rest)

    monkeypatch.setattr(Heads, "longer", fetch)
    monkeypatch.setattr(GdalHeaders, "parsed", parse)
    found = PooledHeaders(lab.headers, at_any_pace)([(ref, ()) for ref in refs])
    assert [type(each) for each in found] == [HeaderRead] * 8
    assert taken == refs
    assert max(waiting) <= 2 + 1, "those on their way, and the one that is parsed"


def test_what_lies_beside_is_taken_from_the_listing_or_looked_at(lab: Lab) -> None:
    ref = lab.cog(key="in/a.tif")
    lab.put(b"not looked into", "in/a.tif.msk")
    taken: list[int] = []
    told, looked = PooledHeaders(lab.headers, lambda: taken.append(1))([(ref, (".ovr",)), (ref, None)])
    assert isinstance(told, HeaderRead)
    assert isinstance(looked, HeaderRead)
    assert (told.profile.side_files, looked.profile.side_files, len(taken)) == ((".ovr",), (".msk",), 4)


def test_many_named_cogs_of_a_folder_cost_one_request_each_and_a_page_of_its_listing(lab: Lab) -> None:
    first = lab.cog(key="in/00.tif")
    body = lab.paths[first.key].read_bytes()
    named = [first, *(lab.put(body, f"in/{number:02}.tif") for number in range(1, 25))]
    lab.put(b"not looked into", "in/07.tif.msk")
    lab.server.requests.clear()
    beside = ListedBeside(S3Listing(lab.client), lab.stores.require, at_any_pace)
    found = PooledHeaders(lab.headers, at_any_pace, beside)([(ref, None) for ref in named])
    profiles = [each.profile for each in found if isinstance(each, HeaderRead)]
    assert [profile.side_files for profile in profiles] == [(".msk",) if number == 7 else () for number in range(25)]
    methods = Counter((request.method, request.range is not None) for request in lab.server.requests)
    assert methods == {("GET", True): 25, ("GET", False): 1, ("HEAD", False): 2}


@pytest.mark.parametrize("turn", range(4))
def test_one_that_cannot_be_read_stops_no_other_wherever_it_stands(lab: Lab, turn: int) -> None:
    good, text = lab.cog(key="in/good.tif"), lab.put(b"no TIFF at all", "in/text.tif")
    missing = ObjectRef(lab.bucket, "in/missing.tif")
    bands = lab.cog(key="in/bands.tif", bands=2)
    whole = lab.paths[bands.key].read_bytes()
    short = lab.put(whole[: len(whole) // 2], "in/short.tif")
    expected = [(text, ObjectUnreadableError), (good, HeaderRead), (missing, ObjectMissingError)]
    expected.append((short, ObjectUnreadableError))
    turned = [*expected[turn:], *expected[:turn]]
    found = PooledHeaders(lab.headers, at_any_pace)([(ref, ()) for ref, _ in turned])
    assert [type(each) for each in found] == [kind for _, kind in turned]


def test_of_many_that_are_alike_gdal_opens_one(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    opened: list[str] = []

    def open_one(path: str) -> object:
        opened.append(path)
        return open_gtiff(path)

    refs = [lab.cog(key=f"in/{number}.tif", origin=(1000.0 * number, 0.0)) for number in range(12)]
    monkeypatch.setattr("rasterloom.adapters.headers.open_gtiff", open_one)
    kindred.forget()
    found = PooledHeaders(lab.headers, at_any_pace)([(ref, ()) for ref in refs])
    assert [type(each) for each in found] == [HeaderRead] * 12
    assert len(opened) == 1


def test_a_server_that_is_gone_is_no_verdict_on_its_objects(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")
    (found,) = PooledHeaders(lab.headers, at_any_pace)([(ObjectRef(lab.bucket, "in/a.tif"), ())])
    assert isinstance(found, UnavailableError)


def test_keys_are_listed_a_page_at_a_time_from_where_it_is_said(lab: Lab) -> None:
    keys = [f"in/{number:02d} ü+&.tif" for number in range(5)]
    for key in [*keys, "out/0.tif"]:
        lab.put(b"x", key)
    listing = S3Listing(lab.client)
    assert list(chain.from_iterable(listing(ObjectPrefix(lab.bucket, "in/"), ""))) == keys
    assert list(chain.from_iterable(listing(ObjectPrefix(lab.bucket, "in/"), keys[1]))) == keys[2:]
    assert list(chain.from_iterable(listing(ObjectPrefix(lab.bucket, "in/00"), ""))) == keys[:1]
    assert list(chain.from_iterable(listing(ObjectPrefix(lab.bucket, "none/"), ""))) == []


def test_a_bucket_that_is_not_there_cannot_be_listed(lab: Lab) -> None:
    with pytest.raises(ObjectUnreadableError, match="cannot be listed: S3 answers NoSuchBucket"):
        list(S3Listing(lab.client)(ObjectPrefix("no-such-bucket-anywhere", ""), ""))
