"""What the first page says about data quality."""

from backend.accounts.models import User
from backend.accounts.permissions import may_use_console
from backend.home import Figure
from surveys.cleaning.models import QualityFlag


def flag_figures(user: User) -> list[Figure]:
    """Flags that no one has settled yet, of records this user may open."""
    if not may_use_console(user):
        return []
    flags = QualityFlag.objects.filter(settled_at=None).count()
    link = "/admin/cleaning/qualityflag/" if flags else ""
    return [Figure("quality flags", flags, "found by the checks" if flags else "none", link)]
