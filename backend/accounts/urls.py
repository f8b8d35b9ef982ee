"""A person's own account."""

from django.contrib.auth.views import PasswordChangeView
from django.urls import path, reverse_lazy

from backend.accounts import views

urlpatterns = [
    path("", views.account, name="account"),
    path(
        "password/",
        PasswordChangeView.as_view(success_url=reverse_lazy("account")),
        name="password",
    ),
    path("tokens/", views.make_token, name="token-make"),
    path("tokens/<int:pk>/revoke/", views.revoke_token, name="token-revoke"),
]
