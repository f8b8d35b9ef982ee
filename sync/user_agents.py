"""Which program calls, from how it names itself: for people to read, never to decide by. Pure."""

import re
from dataclasses import dataclass

APPS = {
    "org.odk.collect.android": "ODK Collect",
    "org.koboc.collect.android": "KoboCollect",
    "Enketo": "Enketo",
}
LONGEST = 500  # characters that are looked at
_APP = re.compile(r"([\w.]+)/(\S+)")
_ANDROID = re.compile(
    r"\((?:Linux; )?(?:U; )?(Android [\w.]+)(?:; ([^);]*?))?(?: Build/[^)]*)?[);]"
)


@dataclass(frozen=True, slots=True)
class Client:
    app: str  # name and version
    platform: str  # Android's version and the model, where it says so


def read_user_agent(user_agent: str) -> Client | None:
    """Of the programs we know (openrosa.md D6); None of any other."""
    user_agent = user_agent[:LONGEST]
    named = _APP.match(user_agent)
    if named is None or named[1] not in APPS:
        return None
    system = _ANDROID.search(user_agent)
    platform = ", ".join(part for part in system.groups() if part) if system else ""
    return Client(app=f"{APPS[named[1]]} {named[2]}"[:120], platform=platform[:120])
