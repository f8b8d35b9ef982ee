"""What each role may do in the console: Django asks here for every permission."""

from typing import Any

from django.contrib.auth.backends import ModelBackend

from backend.accounts.models import User

Role = User.Role
LOOK, WORK = frozenset({"view"}), frozenset({"view", "add", "change"})
# Role → app → what it may do to the app's models. Admins may do everything; nobody else deletes.
RIGHTS: dict[str, dict[str, frozenset[str]]] = {
    Role.SUPERVISOR: {
        "places": LOOK,
        "rounds": LOOK,
        "xforms": LOOK,
        "submissions": WORK,
        "cleaning": WORK,
        "households": LOOK,
        "entities": LOOK,
        "sync": WORK,
    },
    Role.MANAGER: {
        "places": WORK,
        "rounds": WORK,
        "xforms": WORK,
        "submissions": WORK,
        "cleaning": WORK,
        "households": LOOK,
        "entities": LOOK,
        "privacy": LOOK,
        "datasets": LOOK,
        "indicators": frozenset({"view", "add"}),
        "interviews": WORK,
        "sync": WORK,
        "audit": LOOK,
    },
}


class RoleBackend(ModelBackend):
    """Permissions by role, from the table above; no rows of permissions or groups to keep."""

    def has_perm(self, user_obj: Any, perm: str, obj: Any = None) -> bool:
        app, _, name = perm.partition(".")
        return name.partition("_")[0] in _rights(user_obj, app)

    def has_module_perms(self, user_obj: Any, app_label: str) -> bool:
        return bool(_rights(user_obj, app_label))


def _rights(user: Any, app: str) -> frozenset[str]:
    if not isinstance(user, User) or not user.is_active:
        return frozenset()
    if user.has_role(Role.ADMIN):
        return frozenset({"view", "add", "change", "delete"})
    return RIGHTS.get(user.role, {}).get(app, frozenset())
