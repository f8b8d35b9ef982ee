"""How a value in a query is read: form fields for django-filter, one a kind of field."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from surveys.xforms.schema import Choice

LONGEST = 1000  # characters; an answer longer than this is not searched for by its whole text


@dataclass(frozen=True, slots=True)
class Moment:
    """An instant, or a whole day of the server's time zone: `end` is then the next day's start."""

    start: datetime
    end: datetime

    @property
    def is_day(self) -> bool:
        return self.start != self.end


class MomentField(forms.Field):
    """`2014-06-03T13:20:00Z`, or `2014-06-03` for the whole day. A time without zone is local."""

    def to_python(self, value: Any) -> Moment | None:
        try:
            return read_moment(str(value)) if value else None
        except (ValueError, OverflowError):
            raise ValidationError(
                _("write a date or time as 2014-06-03 or 2014-06-03T13:20:00Z")
            ) from None


def read_moment(text: str) -> Moment:
    """Raises ValueError. A `+` that an address bar turned into a space is put back."""
    if "T" not in text and ":" not in text:
        day = date.fromisoformat(text)
        return Moment(_midnight(day), _midnight(day + timedelta(days=1)))
    instant = datetime.fromisoformat(text.replace(" ", "+") if "T" in text else text)
    if timezone.is_naive(instant):
        instant = timezone.make_aware(instant)
    return Moment(instant, instant)


def _midnight(day: date) -> datetime:
    return timezone.make_aware(datetime.combine(day, time()))


class DayField(forms.Field):
    """A date as answers hold it: `2014-06-03`."""

    def to_python(self, value: Any) -> str | None:
        try:
            return date.fromisoformat(str(value)).isoformat() if value else None
        except ValueError:
            raise ValidationError(_("write a date as 2014-06-03")) from None


class YesNoField(forms.Field):
    def to_python(self, value: Any) -> bool | None:
        if not value:
            return None
        answer = {"true": True, "1": True, "false": False, "0": False}.get(str(value).lower())
        if answer is None:
            raise ValidationError(_("write true or false"))
        return answer


class TextValue(forms.CharField):
    """Text as it stands: spaces count, NUL is refused."""

    def __init__(self) -> None:
        super().__init__(required=False, strip=False, max_length=LONGEST, empty_value=None)


class NumberValue(forms.DecimalField):
    """A plain number; not NaN, not infinite."""

    def __init__(self) -> None:
        super().__init__(required=False, max_digits=60)

    def to_python(self, value: Any) -> Decimal | None:  # type: ignore[override]
        number = super().to_python(value)
        if number is not None and abs(number.adjusted()) > 300:
            raise ValidationError(_("write a plain number"))
        return number


class ChoiceCode(TextValue):
    """A code the question offers; anything else is a slip of the pen, not an empty answer."""

    def __init__(self, choices: Iterable[Choice]) -> None:
        super().__init__()
        self.codes = {c.name for c in choices}

    def validate(self, value: Any) -> None:
        super().validate(value)
        if value and value not in self.codes:
            some = ", ".join(sorted(self.codes)[:20])
            raise ValidationError(
                "%(value)s is not one of %(some)s", params={"value": value, "some": some}
            )


class ListOf(forms.Field):
    """`a,b,c`: each read by one field."""

    def __init__(self, one: forms.Field) -> None:
        super().__init__(required=False)
        self.one = one

    def clean(self, value: Any) -> list[Any] | None:
        return [self.one.clean(part) for part in str(value).split(",") if part] if value else None


def _optional(kind: type[forms.Field]) -> Callable[[], forms.Field]:
    return lambda: kind(required=False)


FORM_FIELDS: dict[str, Callable[[], forms.Field]] = {
    "text": TextValue,
    "select_one": TextValue,
    "select_multiple": TextValue,
    "place": TextValue,
    "number": NumberValue,
    "date": _optional(DayField),
    "moment": _optional(MomentField),
    "boolean": _optional(YesNoField),
    "uuid": _optional(forms.UUIDField),
}
