"""Variables as statistical packages hold them, and what these take. Pure.

A cell is a float, a text, or None for a plain missing value.
"""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from enum import Enum

from backend.said import Said

Code = float | str | None
Codes = list[Code]
EPOCH = date(1970, 1, 1).toordinal()
LARGEST = 8.9e307  # of a Stata double; above lie its missing values
EXACT = 2**53  # beyond it a double skips whole numbers
MOST_WHOLE = 10**9 - 10  # codes that are numbers of their own; below the missing values of SPSS


class Missing(Enum):
    """Why a cell is empty: the letter of Stata's extended missing value, the number for SPSS."""

    NOT_ASKED = ("a", -999_999_991.0)  # not relevant, or that version has no such question
    SKIPPED = ("b", -999_999_992.0)  # asked and left empty
    REFUSED = ("c", -999_999_993.0)
    DONT_KNOW = ("d", -999_999_994.0)
    NOT_APPLICABLE = ("e", -999_999_995.0)
    UNREADABLE = ("f", -999_999_996.0)  # something was sent that is no such value


MISSING_LABELS = {
    "en": ("Not asked", "Skipped", "Refused", "Don't know", "Not applicable", "Unreadable"),
    "ru": ("Не спрашивали", "Пропущено", "Отказ", "Не знает", "Неприменимо", "Не читается"),
    "ky": ("Суралган жок", "Өткөрүлгөн", "Баш тартты", "Билбейт", "Тиешеси жок", "Окулбайт"),
    "tg": ("Напурсиданд", "Гузаронда шуд", "Рад кард", "Намедонад", "Дахл надорад", "Хонда нашуд"),
}
YES_NO = {"en": ("No", "Yes"), "ru": ("Нет", "Да"), "ky": ("Жок", "Ооба"), "tg": ("Не", "Ҳа")}


@dataclass(frozen=True, slots=True)
class Flavor:
    """How one package counts days and moments, and how it says why a cell is empty."""

    kind: str  # "dta" or "sav"
    first_day: int  # days from the package's beginning of time to 1970
    day: int  # a day, in the unit of dates
    second: int  # a second, in the unit of moments
    formats: Mapping[str, str]
    label_bytes: int
    value_label_bytes: int

    def missing(self, why: Missing) -> Code:
        return why.value[0] if self.kind == "dta" else why.value[1]


STATA = Flavor(
    "dta", 3653, 1, 1000, {"date": "%td", "moment": "%tc", "time": "%tcHH:MM:SS"}, 320, 32_000
)
SPSS = Flavor(
    "sav",
    141_428,
    86_400,
    1,
    {"date": "DATE11", "moment": "DATETIME20", "time": "TIME8", "whole": "F12.0"},
    256,
    120,
)
LABEL_CHARACTERS = 80  # of a variable, in Stata


@dataclass(frozen=True, slots=True)
class Variable:
    """A column of the file. `column` is what it is called in the API and in other files."""

    name: str
    column: str
    type: str  # text, number, whole, date, moment, time, coded, flag
    label: str = ""
    value_labels: Mapping[int, str] = field(default_factory=dict)
    codes: Mapping[int, str] = field(default_factory=dict)  # number → the form's own code
    keeps_gaps: bool = True  # whether not asked, skipped … are told apart

    @property
    def is_text(self) -> bool:
        return self.type == "text"


@dataclass(slots=True)
class Losses:
    """What the file cannot hold as it was answered, counted by variable."""

    found: Counter[tuple[str, Said]] = field(default_factory=Counter)

    def note(self, name: str, what: Said) -> None:
        self.found[name, what] += 1

    def sentences(self, table: str) -> list[Said]:
        return [
            Said("{name}: {count} {what}", name=f"{table}.{name}", count=count, what=what)
            for (name, what), count in self.found.items()
        ]
