"""Who may do what: one function a right. The edge asks; the verb does not."""

from django.contrib.auth.models import AnonymousUser
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest

from backend.accounts.models import User

Person = User | AnonymousUser
Role = User.Role


def logged_in(request: HttpRequest) -> User:
    """Whoever is logged in; raises PermissionDenied when nobody is."""
    if not isinstance(request.user, User):
        raise PermissionDenied
    return request.user


def _has(user: Person, *roles: str) -> bool:
    return isinstance(user, User) and user.has_role(*roles)


def may_send_submissions(user: Person) -> bool:
    """By a form client, with user name and password; a device's token needs no person."""
    return _has(user, Role.ENUMERATOR, Role.SUPERVISOR, Role.MANAGER, Role.ADMIN)


def may_read_records(user: Person) -> bool:
    """Everyone but enumerators; what of it, `surveys/privacy/access.py` decides."""
    return _has(user, Role.SUPERVISOR, Role.MANAGER, Role.ANALYST, Role.ADMIN)


def may_read_datasets(user: Person) -> bool:
    """Lists, files and feeds of records; partners too, who see their own and nothing else."""
    return may_read_records(user) or _is_named_partner(user)


def _is_named_partner(user: Person) -> bool:
    return _has(user, Role.PARTNER) and isinstance(user, User) and bool(user.partner)


def may_export(user: Person) -> bool:
    """Who may read may take away: the same rows and columns, in a file."""
    return may_read_datasets(user)


def may_unmask(user: Person) -> bool:
    """Personal data, with a reason that is logged."""
    return _has(user, Role.SUPERVISOR, Role.MANAGER, Role.ADMIN)


def may_publish_forms(user: Person) -> bool:
    """And retire them, and attach their files."""
    return _has(user, Role.MANAGER, Role.ADMIN)


def may_read_indicators(user: Person) -> bool:
    """The programme's numbers with small ones hidden: whoever may read records."""
    return may_read_records(user)


def may_keep_indicators(user: Person) -> bool:
    """Load rates, prices and targets, change parameters, freeze a period, compute now."""
    return _has(user, Role.MANAGER, Role.ADMIN)


def may_read_exact_indicators(user: Person) -> bool:
    """Small numbers too, for use inside the programme: who leads it, and sees every place."""
    leads = _has(user, Role.MANAGER, Role.ADMIN)
    return leads and isinstance(user, User) and not user.place_codes


def may_keep_quality(user: Person) -> bool:
    """Set checks, run them now, draw interviews to be asked again."""
    return _has(user, Role.MANAGER, Role.ADMIN)


def may_delete_records(user: Person) -> bool:
    """And restore them: nothing is erased by it."""
    return _has(user, Role.MANAGER, Role.ADMIN)


def may_review(user: Person) -> bool:
    """Approve, reject, send back and comment on the records one may see."""
    return _has(user, Role.SUPERVISOR, Role.MANAGER, Role.ADMIN)


def may_propose_corrections(user: Person) -> bool:
    """Say that an answer of a record one may see is another than the tablet sent."""
    return may_review(user)


def may_approve_corrections(user: Person) -> bool:
    """Let a correction that somebody else proposed count, reject it, and take it back."""
    return _has(user, Role.MANAGER, Role.ADMIN)


def may_settle_conflicts(user: Person) -> bool:
    """Say which is right of two updates of a household that did not know of each other."""
    return may_review(user)


def may_decide_links(user: Person) -> bool:
    """Say of records of one's places that they are one household, or not, and take that back."""
    return may_review(user)


def may_lift_brakes(user: Person) -> bool:
    """Let the rule merge again for a tablet or an enumerator with an odd share of duplicates."""
    return _has(user, Role.MANAGER, Role.ADMIN)


def may_manage_devices(user: Person) -> bool:
    """Enrol and revoke tablets, and see when each was last here."""
    return _has(user, Role.SUPERVISOR, Role.MANAGER, Role.ADMIN)


def may_use_console(user: Person) -> bool:
    """Enter Django's admin; what is open there, `backend/accounts/roles.py` says."""
    return _has(user, Role.SUPERVISOR, Role.MANAGER, Role.ADMIN)


def may_admit_quarantined(user: Person) -> bool:
    """Take a record in after all, unread: processing and privacy then treat it as any other."""
    return _has(user, Role.MANAGER, Role.ADMIN)


def may_read_quarantined(user: Person) -> bool:
    """Bytes nobody has read yet: they may belong to any place and hold any answer."""
    leads = _has(user, Role.MANAGER, Role.ADMIN)
    return leads and isinstance(user, User) and user.sees_legal_aid and not user.place_codes
