"""All that tablets ask for, of both protocols; `sync.entrance` goes by these."""

from django.urls import include, path

from sync.openrosa.urls import urlpatterns as openrosa

urlpatterns = [path("api/v1/sync/", include("sync.api.urls")), *openrosa]
