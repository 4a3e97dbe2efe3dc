"""Domains whose hosts do not answer: how long we leave them alone. A row is there only as long as the trouble."""

from django.db import models


class Peer(models.Model):
    """`not_before` is when one message may try it again; all others of the domain wait, not charged an attempt."""

    domain = models.CharField("domaine", max_length=253, primary_key=True)  # as Recipient.domain
    since = models.DateTimeField("sans réponse depuis")
    failures = models.PositiveIntegerField("échecs de suite")
    not_before = models.DateTimeField("prochain essai")
    reply_code = models.PositiveSmallIntegerField("code")
    reply_enhanced = models.CharField("code étendu", max_length=12, blank=True)
    reply_text = models.CharField("raison", max_length=500, blank=True)

    class Meta:
        verbose_name, verbose_name_plural = "correspondant en difficulté", "correspondants en difficulté"
        ordering = ["since"]

    def __str__(self) -> str:
        return self.domain


class PeerLimit(models.Model):
    """The largest message that the host of a domain said it takes (RFC 1870 §4), the last time we wrote there; 0: no limit."""

    domain = models.CharField("domaine", max_length=253, primary_key=True)  # as Recipient.domain
    host = models.CharField("serveur", max_length=253)
    max_bytes = models.PositiveBigIntegerField("octets au plus")
    told_at = models.DateTimeField("dit le")

    class Meta:
        verbose_name, verbose_name_plural = "limite d’un correspondant", "limites des correspondants"
        ordering = ["domain"]

    def __str__(self) -> str:
        return self.domain
