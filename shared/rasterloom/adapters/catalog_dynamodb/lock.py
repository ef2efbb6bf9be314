"""The port `Lock` on DynamoDB, put together from its steps."""

from dataclasses import dataclass

from rasterloom.adapters.catalog_dynamodb.lock_admit import Admissions
from rasterloom.adapters.catalog_dynamodb.lock_cancel import Cancellations
from rasterloom.adapters.catalog_dynamodb.lock_claim import Claims
from rasterloom.adapters.catalog_dynamodb.lock_end import Endings
from rasterloom.adapters.catalog_dynamodb.lock_links import Links
from rasterloom.adapters.catalog_dynamodb.lock_recover import Recovery


@dataclass(frozen=True, slots=True)
class DynamoLock(Links, Admissions, Claims, Endings, Cancellations, Recovery):
    """Link, admit, claim, end, cancel, recover: every step one conditional write, described where it is made."""
