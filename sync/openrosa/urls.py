"""OpenRosa addresses, below a base of any depth; slashes too many are forgiven (openrosa.md D1).

Only `formList` and `submission` are fixed by the protocol; the others stand in what we answer.
"""

from django.urls import re_path

from sync.openrosa import trying, views

# A page for people may end in the same word: /admin/submissions/submission/, /records/submission/.
PEOPLE = r"(?:admin|api|account|records|exports|web-forms)/"
TABLET = r"(?:key/+(?P<token>[^/]+)/+|openrosa/+)?"
BASE = rf"^/*+(?!{PEOPLE})(?P<base>{TABLET}(?:.*/)?)"

# A draft's own address: whatever stands below it is test data (openrosa.md L1, F4, S1).
DRAFT = r"^/*+(?P<base>try/+(?P<token>[^/]+)/+)"

urlpatterns = [
    re_path(DRAFT + r"formList/*$", trying.form_list),
    re_path(DRAFT + r"submission/*$", trying.submission),
    re_path(DRAFT + r"form\.xml$", trying.xform),
    re_path(DRAFT + r"manifest$", trying.manifest),
    re_path(DRAFT + r"files/(?P<name>[^/\0]+)$", trying.file),
    re_path(r"^/*try/", views.nothing_here),
    re_path(BASE + r"formList/*$", views.form_list),
    re_path(BASE + r"submission/*$", views.submission),
    re_path(BASE + r"xforms/(?P<version>\d+)\.xml$", views.xform),
    re_path(BASE + r"xforms/(?P<form>\d+)/manifest$", views.manifest),
    re_path(BASE + r"xforms/(?P<form>\d+)/media/(?P<name>[^/\0]+)$", views.form_media),
    re_path(BASE + r"entity-lists/(?P<name>[^/\0]+)\.csv$", views.entity_list),
    re_path(BASE + r"entity-lists/(?P<name>[^/\0]+)/integrity$", views.integrity),
    re_path(
        BASE + r"submissions/(?P<submission>\d{1,18})/attachments/(?P<name>[^/\0]+)$",
        views.attachment,
    ),
    re_path(r"^(?:/*)(?:key|openrosa)/", views.nothing_here),
]
