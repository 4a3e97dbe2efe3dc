"""Addresses of sign-in: all public, but the lock."""

from django.urls import path

from auth_otp import views

app_name = "auth_otp"

urlpatterns = [
    path("connexion/", views.sign_in, name="sign_in"),
    path("connexion/code/", views.code, name="code"),
    path("connexion/renvoyer/", views.resend, name="resend"),
    path("verrou/", views.lock, name="lock"),
    path("deconnexion/", views.sign_out, name="sign_out"),
    path("demo/sms/", views.demo_sms, name="demo_sms"),
]
