"""Addresses below /api/v1/devices/, for people's tools."""

from django.urls import path

from sync.register import views

urlpatterns = [path("", views.DevicesView.as_view(), name="devices")]
