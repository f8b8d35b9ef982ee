"""What an attachment is called: the same name however it travelled. Pure."""

import re
import unicodedata

MAX_NAME_LENGTH = 1000
CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f]")


def clean_name(name: str) -> str:
    """A file's name as the record's XML has it: no folders, no control characters, NFC.

    `"` travels as %22. An empty name becomes "unnamed", for the bytes are kept in any case.
    """
    name = name.replace("%22", '"').replace("\\", "/").rpartition("/")[2]
    name = unicodedata.normalize("NFC", CONTROL.sub("", name)).strip()[:MAX_NAME_LENGTH]
    return "unnamed" if name in {"", ".", ".."} else name
