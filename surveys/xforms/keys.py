"""Keys: what a question is called in a clean row and in the API, unique in its table. Pure."""

from collections import Counter

# What a record of the API is called by itself; a question of the same name gives way.
RECORD_KEYS = frozenset(
    {"id", "instance_id", "form_id", "version", "household", "place", "submitted_at"}
    | {"received_at", "updated_at", "review_state", "parent_id", "root_id", "index"}
    | {"updated_since", "deleted", "fields", "labels", "ordering", "page_size", "cursor", "format"}
)


def unique_names(
    paths: list[str], *, below: str, taken: frozenset[str] = frozenset()
) -> dict[str, str]:
    """A name for each path: its last node, with as many groups before it as make it unique."""
    parts = {path: path.removeprefix(below).strip("/").split("/") for path in paths}
    depth = dict.fromkeys(paths, 1)
    while True:
        names = {path: "_".join(parts[path][-depth[path] :]) for path in paths}
        often = Counter(names.values())
        clashing = [p for p in paths if often[names[p]] > 1 or names[p] in taken]
        growing = [p for p in clashing if depth[p] < len(parts[p])]
        if not growing:
            return _numbered(names, clashing, taken)
        for path in growing:
            depth[path] += 1


def _numbered(names: dict[str, str], clashing: list[str], taken: frozenset[str]) -> dict[str, str]:
    """Where no group is left to tell two apart, the second gets a number."""
    used = set(taken) | {name for path, name in names.items() if path not in clashing}
    for path in clashing:
        name, number = names[path], 1
        while name in used:
            number += 1
            name = f"{names[path]}_{number}"
        used.add(name)
        names[path] = name
    return names
