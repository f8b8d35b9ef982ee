"""How a person tries a draft, and which tablets fetch a form; the rest of `/forms/` is
`surveys.publishing`'s."""

from django.urls import path

from sync.drafts import views

urlpatterns = [
    path("drafts/<int:draft_id>/qr.png", views.qr_code, name="draft-qr"),
    path("drafts/<int:draft_id>/address/", views.address, name="draft-address"),
    path("drafts/<int:draft_id>/web-form/", views.web_form, name="draft-web-form"),
    path("<int:form_pk>/tablets/", views.tablets, name="form-tablets"),
]
