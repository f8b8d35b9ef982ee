"""Said: an English sentence that remembers what it was made of, for a page to translate. Pure."""

from collections.abc import Callable, Mapping
from typing import Any, Self


class Said(str):
    """As text it is the English sentence. `template` is what translators have, with named places.

    A value that is Said itself, a part of a sentence, is translated with it. Templates are written
    out where they are said, for `make messages` to find them: `Said("“{name}” is gone.", name=x)`.
    """

    template: str
    values: Mapping[str, Any]

    def __new__(cls, template: str, /, **values: object) -> Self:
        said = super().__new__(cls, template.format(**values))
        said.template, said.values = template, values
        return said

    def __getnewargs_ex__(self) -> tuple[tuple[str], Mapping[str, Any]]:
        """What a copy is made of."""
        return (self.template,), self.values

    @classmethod
    def as_is(cls, words: str) -> Self:
        """What another program or an older version of this one said: no translator has it."""
        return cls("{words}", words=words)

    def through(self, translate: Callable[[str], str]) -> str:
        """The sentence with its template, and those of its parts, translated."""
        values = {
            name: value.through(translate) if isinstance(value, Said) else value
            for name, value in self.values.items()
        }
        return translate(self.template).format(**values)

    def as_json(self) -> dict[str, Any]:
        values = {n: v.as_json() if isinstance(v, Said) else v for n, v in self.values.items()}
        return {"template": self.template, "values": values}

    @classmethod
    def from_json(cls, kept: str | Mapping[str, Any]) -> Self:
        """What `as_json` gave; or plain words, kept before there was more to keep."""
        if isinstance(kept, str):
            return cls.as_is(kept)
        values = {
            n: cls.from_json(v) if isinstance(v, dict) else v for n, v in kept["values"].items()
        }
        return cls(kept["template"], **values)
