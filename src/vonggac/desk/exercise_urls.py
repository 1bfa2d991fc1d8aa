"""The addresses of the exercise."""

from django.urls import path

from vonggac.desk.pages import exercise

urlpatterns = [
    path("exercise/", exercise.page, name="exercise-start"),
    path("exercise/next-day/", exercise.next_day, name="exercise-next-day"),
    path("exercise/next-hour/", exercise.next_hour, name="exercise-next-hour"),
    path("exercise/dispatch/", exercise.open_dispatch, name="exercise-dispatch"),
    path("exercise/wipe/", exercise.wipe, name="exercise-wipe"),
]
