"""Entity lists for people and their tools, below `/api/v1/entity-lists/`."""

from django.urls import path

from surveys.entities import views

urlpatterns = [
    path("", views.ListsView.as_view()),
    path("<str:name>/entities/", views.EntitiesView.as_view()),
    path("<str:name>/entities/<uuid:entity_id>/", views.EntityView.as_view()),
    path("<str:name>/conflicts/", views.ConflictsView.as_view()),
    path("<str:name>/conflicts/<int:conflict_id>/settle/", views.SettleView.as_view()),
    path("<str:name>/problems/", views.ProblemsView.as_view()),
    path("<str:name>/held/", views.HeldView.as_view()),
]
