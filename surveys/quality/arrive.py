"""check_arrived: the checks of one record each, over records that were just cleaned."""

import logging
from collections.abc import Collection
from uuid import UUID

from surveys.quality.catalog import ARRIVAL
from surveys.quality.check import findings_of
from surveys.quality.keep import keep_findings
from surveys.quality.load import load_records
from surveys.quality.setting import checks_in_force

log = logging.getLogger(__name__)


def check_arrived(records: Collection[UUID]) -> None:
    """Inside the caller's transaction. A check that breaks leaves its flags as they are."""
    if not records:
        return
    checks = [check for check in checks_in_force().values() if check.when == ARRIVAL]
    loaded = load_records(records)
    found = findings_of(loaded, checks)
    if found.broken:
        log.error("quality checks broke", extra={"checks": found.broken})
    codes = {check.code for check in checks} - found.broken.keys()
    keep_findings(found.findings, codes=codes, held=loaded.held, only=records)
