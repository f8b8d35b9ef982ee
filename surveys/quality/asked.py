"""in_words: the questions that rows of a page speak of, as their forms ask them."""

from collections.abc import Iterable

from django.utils.translation import get_language

from surveys.datasets.columns import Dataset
from surveys.datasets.labels import label_of, language_among
from surveys.datasets.noted import noted
from surveys.datasets.tables import dataset_of_form, published_forms
from surveys.quality.reading import Json


def in_words(rows: Iterable[Json]) -> list[Json]:
    """Rows with `label`: what the row's `form` asks at its `path`, in the page's language.

    The path itself where the form asks nothing there. A query for each form.
    """
    found = list(rows)
    forms = published_forms().filter(form_id__in={row["form"] for row in found})
    asked = {}
    for form in forms:
        dataset = dataset_of_form(form)
        asked[form.form_id] = dataset, language_among(dataset, [get_language() or ""])
    return [{**row, "label": _label(asked.get(row["form"]), row["path"])} for row in found]


def _label(asked: tuple[Dataset, str] | None, path: str) -> str:
    if asked is None or not path:
        return path
    return noted(path, label_of(asked[0], path, asked[1]))
