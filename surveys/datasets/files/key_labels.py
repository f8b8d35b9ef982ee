"""What the keys of a row and the parts of a point are called in Stata and SPSS. Pure.

A file speaks one language throughout, whatever language its asker's pages are in, so these words
stand here and not in the interface's catalogs.
"""

from collections.abc import Mapping

from surveys.datasets.languages import code_of

KEY_LABELS: Mapping[str, Mapping[str, str]] = {
    "en": {
        "id": "Permanent id of the row",
        "parent_id": "Id of the row it belongs to",
        "root_id": "Id of the record it belongs to",
        "index": "Position among its siblings, from 1",
        "instance_id": "Instance id of the submission",
        "form_id": "Form",
        "version": "Version of the form",
        "household": "Household",
        "place": "Code of the place",
        "submitted_at": "End of the interview, by the tablet",
        "received_at": "Received by the server",
        "updated_at": "Last changed",
        "review_state": "State of review",
    },
    "ru": {
        "id": "Постоянный идентификатор строки",
        "parent_id": "Идентификатор строки, к которой она относится",
        "root_id": "Идентификатор записи, к которой она относится",
        "index": "Номер по порядку среди соседних строк, с 1",
        "instance_id": "Идентификатор отправленной анкеты (instance id)",
        "form_id": "Анкета",
        "version": "Версия анкеты",
        "household": "Домохозяйство",
        "place": "Код места",
        "submitted_at": "Конец интервью по часам планшета",
        "received_at": "Получено сервером",
        "updated_at": "Последнее изменение",
        "review_state": "Состояние проверки",
    },
    "ky": {
        "id": "Саптын туруктуу идентификатору",
        "parent_id": "Ал таандык болгон саптын идентификатору",
        "root_id": "Ал таандык болгон жазуунун идентификатору",
        "index": "Катар саптардын арасындагы номери, 1ден баштап",
        "instance_id": "Жөнөтүлгөн анкетанын идентификатору (instance id)",
        "form_id": "Анкета",
        "version": "Анкетанын версиясы",
        "household": "Үй чарбасы",
        "place": "Жердин коду",
        "submitted_at": "Маектин аягы, планшеттин сааты боюнча",
        "received_at": "Серверге келген убактысы",
        "updated_at": "Акыркы өзгөрүү",
        "review_state": "Текшерүүнүн абалы",
    },
    "tg": {
        "id": "Рамзи доимии сатр",
        "parent_id": "Рамзи сатре, ки ба он тааллуқ дорад",
        "root_id": "Рамзи сабте, ки ба он тааллуқ дорад",
        "index": "Рақами тартибӣ байни сатрҳои ҳамсоя, аз 1",
        "instance_id": "Рамзи пурсишномаи фиристодашуда (instance id)",
        "form_id": "Пурсишнома",
        "version": "Версияи пурсишнома",
        "household": "Хоҷагӣ",
        "place": "Рамзи ҷой",
        "submitted_at": "Охири мусоҳиба аз рӯи соати планшет",
        "received_at": "Аз ҷониби сервер гирифта шуд",
        "updated_at": "Тағйири охирин",
        "review_state": "Ҳолати санҷиш",
    },
}
PART_LABELS: Mapping[str, Mapping[str, str]] = {
    "en": {"lat": "latitude", "lon": "longitude", "alt": "altitude", "acc": "accuracy"},
    "ru": {"lat": "широта", "lon": "долгота", "alt": "высота", "acc": "точность"},
    "ky": {"lat": "кеңдик", "lon": "узундук", "alt": "бийиктик", "acc": "тактык"},
    "tg": {"lat": "арз", "lon": "тӯл", "alt": "баландӣ", "acc": "дақиқӣ"},
}


def key_labels(language: str) -> Mapping[str, str]:
    """In the form's language, or in English where there are no words of that language."""
    return KEY_LABELS.get(code_of(language), KEY_LABELS["en"])


def part_labels(language: str) -> Mapping[str, str]:
    return PART_LABELS.get(code_of(language), PART_LABELS["en"])
