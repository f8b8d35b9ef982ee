"""What goes to enumerators on paper."""

from django.urls import path

from sync.paper import views

urlpatterns = [path("sent-back/", views.sent_back, name="sent-back")]
