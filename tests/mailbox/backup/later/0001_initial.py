from importlib import import_module

Migration = import_module("auth_otp.migrations.0001_initial").Migration
