"""The words of the printed list in the languages enumerators read. Pure."""

LANGUAGES = {"ru": "Русский", "ky": "Кыргызча", "tg": "Тоҷикӣ", "en": "English"}
WORDS = {
    "title": {
        "ru": "Записи, которые нужно исправить",
        "ky": "Оңдоого кайтарылган жазуулар",
        "tg": "Сабтҳое, ки ислоҳ мехоҳанд",
        "en": "Records to correct",
    },
    "card": {"ru": "Карта", "ky": "Карта", "tg": "Корт", "en": "Card"},
    "place": {"ru": "Место", "ky": "Жер", "tg": "Ҷой", "en": "Place"},
    "filled": {"ru": "Заполнено", "ky": "Толтурулган", "tg": "Пур карда шуд", "en": "Filled"},
    "sent_back": {
        "ru": "Возвращено",
        "ky": "Кайтарылган",
        "tg": "Баргардонида шуд",
        "en": "Sent back",
    },
    "whole": {
        "ru": "Вся запись",
        "ky": "Бүт жазуу",
        "tg": "Тамоми сабт",
        "en": "The whole record",
    },
    "unknown": {
        "ru": "Интервьюер не указан",
        "ky": "Интервьюер көрсөтүлгөн эмес",
        "tg": "Пурсанда нишон дода нашудааст",
        "en": "Enumerator not named",
    },
    "done": {"ru": "Исправлено", "ky": "Оңдолду", "tg": "Ислоҳ шуд", "en": "Corrected"},
}


def words_in(language: str) -> dict[str, str]:
    return {name: words[language] for name, words in WORDS.items()}
