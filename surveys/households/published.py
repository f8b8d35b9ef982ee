"""Which version of the model counts: the one published last; at first the one that ships."""

from functools import lru_cache
from importlib.resources import files

from django.utils import timezone

from backend.accounts.models import User
from surveys.households.models import LinkModel
from surveys.linkage.model import LinkModel as Model
from surveys.linkage.model import ModelError, read_model


def current_model() -> Model:
    """The model by which records are linked now.

    Where none was published, or the last one was made for features of an earlier release, that is
    the one that ships.
    """
    newest = LinkModel.objects.order_by("-published_at", "-pk").values_list("pk", flat=True).first()
    if newest is not None:
        try:
            return _read(newest)
        except ModelError:
            pass
    return _read(publish_model(shipped_model()).pk)


def shipped_model() -> bytes:
    """The model file that comes with this release."""
    return files("surveys.linkage").joinpath("models", "pinned.json").read_bytes()


def publish_model(raw: bytes, *, trained_on: str = "", by: User | None = None) -> LinkModel:
    """Makes a model the one that counts; of a version that was there, the stored bytes count.

    Raises `ModelError`: cut short, of other features, or out of its expected range.
    """
    model = read_model(raw)
    row, made = LinkModel.objects.get_or_create(
        version=model.version,
        defaults={
            "json": raw,
            "auto_bits": model.auto,
            "review_bits": model.review,
            "features_version": model.features_version,
            "trained_on": trained_on,
            "by": by,
        },
    )
    if not made:
        LinkModel.objects.filter(pk=row.pk).update(published_at=timezone.now())
    return row


@lru_cache(maxsize=4)
def _read(pk: int) -> Model:
    """The bytes of a row never change."""
    return read_model(bytes(LinkModel.objects.get(pk=pk).json))
