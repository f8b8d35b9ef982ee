from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class XformsConfig(AppConfig):
    name = "surveys.xforms"
    verbose_name = _("Forms")
