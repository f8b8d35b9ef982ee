"""What tablets talk to."""

from django.urls import include, path

urlpatterns = [path("", include("sync.openrosa.urls"))]
