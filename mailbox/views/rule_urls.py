"""Addresses of rules and of the absence; included inside a mailbox's own addresses."""

from django.urls import path

from mailbox.views import absence, rules

_BOX = "b/<uuid:mailbox_id>/"
_RULE = _BOX + "regles/<uuid:rule_id>/"

urlpatterns = [
    path(_BOX + "regles/", rules.rules, name="rules"),
    path(_BOX + "regles/nouvelle/", rules.new, name="rule_new"),
    path(_RULE, rules.rule, name="rule"),
    path(_RULE + "essayer/", rules.attempt, name="rule_try"),
    path(_BOX + "absence/", absence.absence, name="absence"),
]
