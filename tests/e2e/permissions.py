"""Who may do what: the status of every route for every caller, as the contract has it.

One line for each route and visibility. `stranger+` is a stranger with the permission `upload`, `owner-` the owner
without it; `member` is in the group that restricted datasets are for; `admin` has no other permission than that.
`of` is the visibility of the dataset in the path, for `create_vrt` and `validate_vrt` that of the sources in the body,
and `-` where there is none. The jobs are those of the owner about public datasets. A route that is not listed fails a
test: add its lines here, and how it is asked to `estate.py`.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

CALLERS: Final = ("anonymous", "forged", "stranger", "stranger+", "member", "member+", "owner-", "owner", "admin")

TABLE: Final = """
                                  anonymous forged stranger stranger+ member member+ owner- owner admin
read_dataset         private            401    401      404       404    404     404    200   200   200
                     restricted         401    401      404       404    200     200    200   200   200
                     internal           401    401      200       200    200     200    200   200   200
                     public             401    401      200       200    200     200    200   200   200
list_vrt_sources     private            401    401      404       404    404     404    200   200   200
                     restricted         401    401      404       404    200     200    200   200   200
                     internal           401    401      200       200    200     200    200   200   200
                     public             401    401      200       200    200     200    200   200   200
read_vrt_status      private            401    401      404       404    404     404    200   200   200
                     restricted         401    401      404       404    200     200    200   200   200
                     internal           401    401      200       200    200     200    200   200   200
                     public             401    401      200       200    200     200    200   200   200
list_vrt_generations private            401    401      404       404    404     404    200   200   200
                     restricted         401    401      404       404    200     200    200   200   200
                     internal           401    401      200       200    200     200    200   200   200
                     public             401    401      200       200    200     200    200   200   200
list_dependents      private            401    401      404       404    404     404    200   200   200
                     restricted         401    401      404       404    200     200    200   200   200
                     internal           401    401      200       200    200     200    200   200   200
                     public             401    401      200       200    200     200    200   200   200
read_latest_job      private            401    401      404       404    404     404    200   200   200
                     restricted         401    401      404       404    200     200    200   200   200
                     internal           401    401      200       200    200     200    200   200   200
                     public             401    401      200       200    200     200    200   200   200
download_vrt         private            401    401      404       404    404     404    307   307   307
                     restricted         401    401      404       404    307     307    307   307   307
                     internal           401    401      307       307    307     307    307   307   307
                     public             401    401      307       307    307     307    307   307   307
download_output      private            401    401      404       404    404     404    307   307   307
                     restricted         401    401      404       404    307     307    307   307   307
                     internal           401    401      307       307    307     307    307   307   307
                     public             401    401      307       307    307     307    307   307   307
locate_relative_vrt  private            401    401      404       404    404     404    200   200   200
                     restricted         401    401      404       404    200     200    200   200   200
                     internal           401    401      200       200    200     200    200   200   200
                     public             401    401      200       200    200     200    200   200   200
read_footprints      private            401    401      404       404    404     404    200   200   200
                     restricted         401    401      404       404    200     200    200   200   200
                     internal           401    401      200       200    200     200    200   200   200
                     public             401    401      200       200    200     200    200   200   200
read_quicklook       private            401    401      404       404    404     404    200   200   200
                     restricted         401    401      404       404    200     200    200   200   200
                     internal           401    401      200       200    200     200    200   200   200
                     public             200    401      200       200    200     200    200   200   200
update_dataset       private            401    401      403       404    403     404    403   200   200
                     restricted         401    401      403       404    403     403    403   200   200
                     internal           401    401      403       403    403     403    403   200   200
                     public             401    401      403       403    403     403    403   200   200
delete_dataset       private            401    401      403       404    403     404    403   204   204
                     restricted         401    401      403       404    403     403    403   204   204
                     internal           401    401      403       403    403     403    403   204   204
                     public             401    401      403       403    403     403    403   204   204
add_vrt_source       private            401    401      403       404    403     404    403   202   202
                     restricted         401    401      403       404    403     403    403   202   202
                     internal           401    401      403       403    403     403    403   202   202
                     public             401    401      403       403    403     403    403   202   202
remove_vrt_source    private            401    401      403       404    403     404    403   202   202
                     restricted         401    401      403       404    403     403    403   202   202
                     internal           401    401      403       403    403     403    403   202   202
                     public             401    401      403       403    403     403    403   202   202
regenerate_vrt       private            401    401      403       404    403     404    403   202   202
                     restricted         401    401      403       404    403     403    403   202   202
                     internal           401    401      403       403    403     403    403   202   202
                     public             401    401      403       403    403     403    403   202   202
replace_vrt_sources  private            401    401      403       404    403     404    403   202   202
                     restricted         401    401      403       404    403     403    403   202   202
                     internal           401    401      403       403    403     403    403   202   202
                     public             401    401      403       403    403     403    403   202   202
update_vrt_options   private            401    401      403       404    403     404    403   202   202
                     restricted         401    401      403       404    403     403    403   202   202
                     internal           401    401      403       403    403     403    403   202   202
                     public             401    401      403       403    403     403    403   202   202
roll_back_vrt        private            401    401      403       404    403     404    403   202   202
                     restricted         401    401      403       404    403     403    403   202   202
                     internal           401    401      403       403    403     403    403   202   202
                     public             401    401      403       403    403     403    403   202   202
create_vrt           private            401    401      403       422    403     422    403   202   202
                     restricted         401    401      403       422    403     202    403   202   202
                     internal           401    401      403       202    403     202    403   202   202
                     public             401    401      403       202    403     202    403   202   202
validate_vrt         private            401    401      200       200    200     200    200   200   200
                     restricted         401    401      200       200    200     200    200   200   200
                     internal           401    401      200       200    200     200    200   200   200
                     public             401    401      200       200    200     200    200   200   200
register_raster      -                  401    401      403       201    403     201    403   201   201
register_rasters     -                  401    401      403       202    403     202    403   202   202
list_registrations   -                  401    401      404       404    404     404    200   200   200
read_upload_config   -                  401    401      200       200    200     200    200   200   200
request_upload       -                  401    401      403       201    403     201    403   201   201
complete_upload      -                  401    401      403       404    403     404    403   200   200
list_datasets        -                  401    401      200       200    200     200    200   200   200
list_jobs            -                  401    401      200       200    200     200    200   200   200
read_job_statuses    -                  401    401      200       200    200     200    200   200   200
read_job             -                  401    401      404       404    404     404    200   200   200
read_job_findings    -                  401    401      404       404    404     404    307   307   307
retry_job            -                  401    401      403       404    403     404    403   202   202
cancel_job           -                  401    401      403       404    403     404    403   200   200
clean_up_stale_jobs  -                  401    401      403       403    403     403    403   403   200
healthz              -                  200    200      200       200    200     200    200   200   200
openapi              -                  200    200      200       200    200     200    200   200   200
docs                 -                  200    200      200       200    200     200    200   200   200
docs_asset           -                  200    200      200       200    200     200    200   200   200
"""


@dataclass(frozen=True, slots=True)
class Cell:
    """One caller who asks for one thing."""

    operation: str
    visibility: str
    """`-` where there is no dataset."""
    caller: str
    status: int
    """What the answer has to be."""


def cells(table: str = TABLE) -> Iterator[Cell]:
    """Read the table; a line that names no operation is about the one before it."""
    heading, *lines = table.strip("\n").splitlines()
    callers = heading.split()
    operation = ""
    for line in lines:
        words = line.split()
        if not line.startswith(" "):
            operation = words.pop(0)
        visibility, *statuses = words
        for caller, status in zip(callers, statuses, strict=True):
            yield Cell(operation, visibility, caller, int(status))


def reading(table: str = TABLE) -> dict[str, set[str]]:
    """The visibilities that each caller may read, as the line of `read_dataset` tells it."""
    allowed = [cell for cell in cells(table) if cell.operation == "read_dataset" and cell.status == 200]
    return {caller: {cell.visibility for cell in allowed if cell.caller == caller} for caller in CALLERS}
