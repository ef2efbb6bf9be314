"""Members in memory to the bytes of a VRT, as the builder does it; S3 is asked before that and not within."""

import hashlib
import time
from pathlib import Path

from local.bench.ours.refs import refs
from local.bench.work import Task, Told, main, peak
from rasterloom.adapters.assembler_gdal import GdalAssembler
from rasterloom.adapters.headers import parse_head
from rasterloom.adapters.heads import Head, Heads
from rasterloom.adapters.object_stores import ObjectStores, pool
from rasterloom.domain.dataset import Member, VrtType
from rasterloom.domain.objects import ObjectRef
from rasterloom.domain.options import WeaveOptions


def work(task: Task) -> Told:
    """Assemble as often as the task says; the seconds of each time."""
    heads = Heads(ObjectStores())
    assembler = GdalAssembler(heads)
    wanted = refs(task.count)
    members = [member(ref, head) for ref, head in zip(wanted, pool().map(heads.read, wanted), strict=True)]
    before, took, document = peak(), list[float](), b""
    for _ in range(task.repeats):
        began = time.perf_counter()
        document = assembler.assemble(members, VrtType.MOSAIC, WeaveOptions()).document
        took.append(time.perf_counter() - began)
    Path(task.output).write_bytes(document)
    return {
        "seconds": took,
        "sha256": hashlib.sha256(document).hexdigest(),
        "size": len(document),
        "peak_before": before,
    }


def member(ref: ObjectRef, head: Head) -> Member:
    """What the catalogue would know of a tile."""
    return Member(ref.key, ref, head.stat.etag, head.stat.size_bytes, parse_head(ref, head), "-")


if __name__ == "__main__":
    main(work)
