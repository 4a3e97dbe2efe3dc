"""Addresses of the pharmacy's own directory; included inside a mailbox's own addresses."""

from django.urls import path

from mailbox.views import book, contact_cards, contact_files, contact_groups

_BOOK = "b/<uuid:mailbox_id>/repertoire/"
_CONTACT = _BOOK + "contact/<uuid:contact_id>/"
_GROUP = _BOOK + "groupe/<uuid:group_id>/"

urlpatterns = [
    path(_BOOK, book.favourites, name="book"),
    path(_BOOK + "groupes/", book.groups_page, name="book_groups"),
    path(_BOOK + "recents/", book.recent, name="book_recent"),
    path(_BOOK + "contacts/", book.everyone, name="book_everyone"),
    path(_BOOK + "recherche/", book.search, name="book_search"),
    path(_BOOK + "liste/", contact_files.printed, name="book_list"),
    path(_BOOK + "liste/favoris/", contact_files.printed, {"only": "favourites"}, name="book_list_favourites"),
    path(_BOOK + "exporter/", contact_files.export, name="book_export"),
    path(_BOOK + "importer/", contact_files.bring, name="book_import"),
    path(_GROUP + "liste/", contact_files.printed, name="group_list"),
    path(_BOOK + "garder/", contact_cards.keep, name="keep"),
    path(_BOOK + "contact/", contact_cards.new, name="contact_new"),
    path(_CONTACT, contact_cards.contact, name="contact"),
    path(_GROUP, contact_groups.group, name="group"),
    path(_GROUP + "ecrire/", contact_groups.write, name="group_write"),
]
