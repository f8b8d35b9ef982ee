"""Forms in addresses: an id may hold any letter, a slash too."""

from django.urls import register_converter
from django.urls.converters import StringConverter


class FormIdConverter(StringConverter):
    """`<form_id:form_id>`: all up to what an address says of a form behind its id."""

    regex = r"(?:(?!/(?:records|repeats|groups|assignment)/).)+"


register_converter(FormIdConverter, "form_id")
FORM = "api/v1/forms/<form_id:form_id>"  # what the addresses of a form begin with
