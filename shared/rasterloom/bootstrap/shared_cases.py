"""What the use cases share: each made and imported when it is first asked for."""

from functools import cached_property
from typing import TYPE_CHECKING

from rasterloom.bootstrap.adapters import Adapters, new_id, now

if TYPE_CHECKING:
    from collections.abc import Mapping

    from rasterloom.adapters.headers import GdalHeaders
    from rasterloom.domain.findings import Finding
    from rasterloom.services.admit_change import AdmitChange
    from rasterloom.services.dependents import FindDependents
    from rasterloom.services.finding_documents import FindingDocuments
    from rasterloom.services.mark_users import MarkUsers
    from rasterloom.services.places import Places
    from rasterloom.services.read_jobs import ReadJob
    from rasterloom.services.replays import Replays
    from rasterloom.services.validation import ValidateSources


class SharedCases(Adapters):
    """What several parts of the API, or of the schedule, need."""

    @cached_property
    def read_job(self) -> "ReadJob":
        """Reads a job."""
        from rasterloom.services.read_jobs import ReadJob

        return ReadJob(self.catalog.jobs)

    @cached_property
    def mark_users(self) -> "MarkUsers":
        """Marks the VRTs that use a raster which has changed."""
        from rasterloom.adapters.catalog_dynamodb.client import pool
        from rasterloom.services.mark_users import MarkUsers

        quiet = self.settings.quiet_period_seconds
        return MarkUsers(self.catalog.datasets, self.catalog.marks, self._find_dependents, now, quiet, pool().map)

    @cached_property
    def _find_dependents(self) -> "FindDependents":
        from rasterloom.services.dependents import FindDependents

        return FindDependents(self.catalog.datasets, self.catalog.jobs, self.catalog.lock, now)

    @cached_property
    def _places(self) -> "Places":
        from rasterloom.services.places import Places

        return Places(self.settings.source_allow_list, self.bucket)

    @cached_property
    def _replays(self) -> "Replays":
        from rasterloom.services.replays import Replays

        return Replays(self.catalog.lock, now)

    @cached_property
    def _headers(self) -> "GdalHeaders":
        from rasterloom.adapters.headers import GdalHeaders
        from rasterloom.adapters.heads import Heads

        return GdalHeaders(Heads(self.sources))

    @cached_property
    def _validate(self) -> "ValidateSources":
        from rasterloom.services.validation import ValidateSources

        return ValidateSources(self.catalog.datasets, self.objects, self.same_crs, self.settings.require_cog)

    @cached_property
    def _admit(self) -> "AdmitChange":
        from rasterloom.services.admit_change import AdmitChange

        settings = self.settings
        return AdmitChange(
            objects=self.objects,
            lock=self.catalog.lock,
            queue=self.queue,
            clock=now,
            new_id=new_id,
            due_unsent=settings.due_unsent_seconds,
            due_sent=settings.due_sent_seconds,
            documents=self._finding_documents,
            at_once=self.at_once,
        )

    @cached_property
    def _finding_documents(self) -> "FindingDocuments":
        from rasterloom.services.finding_documents import FindingDocuments

        return FindingDocuments(self.objects, _finding_entry, new_id)


def _finding_entry(finding: "Finding") -> "Mapping[str, object]":
    """A finding as answers show it; imported where there is one, which a build has seldom."""
    from rasterloom.http.findings import finding_entry
    from rasterloom.http.problems import at_source

    return finding_entry(finding, at_source(finding))
