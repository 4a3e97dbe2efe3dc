from django.apps import AppConfig


class AuthOtpConfig(AppConfig):
    name = "auth_otp"
    verbose_name = "Identités"
