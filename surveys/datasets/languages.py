"""Languages as forms name them. Pure."""


def code_of(language: str) -> str:
    """`ru` of `Русский (ru)`; what has no code in brackets is taken for one."""
    return language.rpartition("(")[2].rstrip(")").strip().casefold()
