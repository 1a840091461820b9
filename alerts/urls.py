from django.urls import path

from alerts.views import acknowledge

app_name = "alerts"
urlpatterns = [path("acknowledge/<str:token>/", acknowledge, name="acknowledge")]
