"""What differs between the versions of a form."""

from functools import lru_cache

from surveys.datasets.columns import Dataset
from surveys.xforms.models import FormVersion, schema_of_version


@lru_cache(maxsize=1024)
def changed_types(form_pk: int, dataset: Dataset, table: str) -> frozenset[str]:
    """The keys of a table whose questions are of several types over the versions of the form."""
    types: dict[str, set[str]] = {}
    if len(dataset.versions) > 1:
        for pk in FormVersion.objects.filter(form=form_pk).values_list("pk", flat=True):
            for field in schema_of_version(pk).table(table):
                types.setdefault(field.key, set()).add(field.type)
    return frozenset(key for key, several in types.items() if len(several) > 1)
