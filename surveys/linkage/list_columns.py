"""Which column of a list says what, guessed by its name in English, Russian, Kyrgyz or Tajik."""

import re
from collections.abc import Iterable, Mapping

from surveys.linkage.names import fold

# What we read → words a column is called by. A column is taken by the first that it fits, exactly
# before by its beginning, so special names stand before general ones.
_WORDS = {
    "record_id": "record_id, id записи, id, uuid, instanceid, key",
    "household": "household, household_id, household number, hh_id, hhid, № домохозяйства,"
    " номер домохозяйства, код домохозяйства, домохозяйство, номер семьи, үй-бүлө номери,"
    " чарба номери, рақами хонавода, хонавода, рақами оила",
    "card": "card, card_no, card number, № карты, номер карты, карта, карточка, карта номери,"
    " рақами корт, корт",
    "round": "round, wave, раунд, волна, этап, давр",
    "submitted_at": "submitted_at, submission time, registration date, interview date,"
    " дата регистрации, дата опроса, дата заполнения, каттоо күнү, санаи бақайдгирӣ",
    "enumerator": "enumerator, enumerator_id, interviewer, анкетер, интервьюер,"
    " оператор, пурсишгар",
    "device": "device, device_id, tablet, планшет, устройство",
    "country": "country, страна, өлкө, кишвар, давлат",
    "district": "district, district_code, raion, rayon, район, ноҳия, шаҳру ноҳия",
    "village": "village, village_code, settlement, село, населенный пункт, населённый пункт,"
    " кишлак, айыл, айылы, деҳа, маҳалла, қишлоқ",
    "phone": "phone, telephone, mobile, телефон, тел, моб, номер телефона, рақами телефон",
    "latitude": "latitude, lat, широта, кеңдик, арз",
    "longitude": "longitude, lon, lng, долгота, узундук, тӯл",
    "accuracy": "gps_accuracy_m, accuracy, точность",
    "relation": "relation, relationship, relation to head, степень родства, родство,"
    " отношение к главе, тууганчылык, хешутаборӣ, нисбат",
    "family_name": "surname, family name, last name, фамилия, фамилиясы, насаб",
    "given_name": "first name, given name, имя, аты, ном",
    "father_name": "patronymic, father name, отчество, атасынын аты, номи падар",
    "head_birth": "head_birth, head birth, дата рождения главы, год рождения главы",
    "head_sex": "head_sex, head sex, пол главы",
    "head_name": "head_name, head of household, household head, name of head, глава семьи,"
    " глава домохозяйства, фио главы, үй-бүлө башчысы, сардори оила, сарвари хонавода",
    "spouse_name": "spouse_name, spouse, фио супруги, фио супруга, фио жены,"
    " супруга, супруг, жена, жубайы, аялы, ҳамсар",
    "birth": "birth, birth date, date of birth, dob, born, year of birth, дата рождения,"
    " год рождения, рождения, туулган күнү, туулган жылы, санаи таваллуд, соли таваллуд",
    "sex": "sex, gender, пол, жынысы, ҷинс",
    "name": "name, full name, фио, ф.и.о, фамилия имя отчество, имя фамилия, аты-жөнү, толук аты,"
    " ному насаб, насабу ном, номи пурра, beneficiary, бенефициар, получатель",
}  # fmt: skip
KINDS = tuple(_WORDS)
_BREAK = re.compile(r"[\W_]+")


def guess_columns(columns: Iterable[str]) -> dict[str, str]:
    """What we read → the column that says it. What fits nothing is left out."""
    plain = {column: _plain(column) for column in columns}
    guessed: dict[str, str] = {}
    for fits in (_is_word, _begins_with_word):
        for kind, words in _SPLIT.items():
            if kind in guessed:
                continue
            for column, text in plain.items():
                if column not in guessed.values() and fits(text, words):
                    guessed[kind] = column
                    break
    return guessed


def read_choice(choice: str, columns: Iterable[str]) -> dict[str, str]:
    """`head_name=ФИО,phone=Тел.` → kinds and columns; ValueError where either is unknown."""
    known = set(columns)
    chosen = {}
    for pair in filter(None, (part.strip() for part in choice.split(","))):
        kind, _, column = (part.strip() for part in pair.partition("="))
        if kind not in _WORDS:
            raise ValueError(f"{kind!r} is nothing we read; we read {', '.join(KINDS)}.")
        if column not in known:
            raise ValueError(
                f"There is no column {column!r}; there are {', '.join(sorted(known))}."
            )
        chosen[kind] = column
    return chosen


def with_choice(guessed: Mapping[str, str], chosen: Mapping[str, str]) -> dict[str, str]:
    """The guess, but for what was chosen: a column says one thing."""
    taken = set(chosen.values())
    return {kind: column for kind, column in guessed.items() if column not in taken} | dict(chosen)


def _plain(text: str) -> str:
    return " ".join(fold(word) or word for word in _BREAK.split(text.lower()) if word)


def _is_word(text: str, words: tuple[str, ...]) -> bool:
    return text in words


def _begins_with_word(text: str, words: tuple[str, ...]) -> bool:
    return any(text.startswith(f"{word} ") for word in words)


_SPLIT = {kind: tuple(_plain(word) for word in words.split(",")) for kind, words in _WORDS.items()}
