"""What a pure module said, in the language of the page: `{% load spoken %}{{ words|spoken }}`."""

from django import template

from backend import problems

register = template.Library()
register.filter("spoken", problems.spoken)
