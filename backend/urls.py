"""Mounts, by string, what surveys and sync offer; OpenRosa enters by `sync.entrance`."""

from django.contrib import admin
from django.contrib.auth import views as auth_views
from django.urls import include, path

from backend import health, languages, views
from backend.accounts.log_in_form import LogInForm

log_in = auth_views.LoginView.as_view(
    authentication_form=LogInForm, redirect_authenticated_user=True
)

urlpatterns = [
    path("", views.home, name="home"),
    path("login/", log_in, name="login"),
    path("logout/", auth_views.LogoutView.as_view(), name="logout"),
    path("account/", include("backend.accounts.urls")),
    path("language/", languages.set_language, name="set-language"),
    path("docs/problems", views.problems, name="problems"),
    path("health/live", health.live),
    path("health/ready", health.ready),
    path("admin/", admin.site.urls),
    path("api/v1/tokens/", include("backend.accounts.api_urls")),
    path("api/v1/sync/", include("sync.api.urls")),
    path("api/v1/devices/", include("sync.register.urls")),
    path("web-forms/", include("sync.enketo.urls")),
    path("review/", include("sync.paper.urls")),
    path("forms/", include("sync.drafts.urls")),
    path("", include("surveys.publishing.urls")),
    path("", include("surveys.links.urls")),
    path("", include("surveys.indicators.urls")),
    path("", include("surveys.corrections.urls")),
    path("", include("surveys.reviewing.urls")),
    path("", include("surveys.interviews.urls")),
    path("", include("surveys.quality.urls")),
    path("", include("surveys.datasets.urls")),
]
handler400 = views.bad_request
handler403 = views.not_allowed
handler404 = views.not_found
handler500 = views.internal
