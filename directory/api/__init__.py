"""Our FHIR server: the directory for the programs of others, by key (annuaire.md §3.3). No session, no cookie, no page.

views: who asks, what, and the answer; searches, walks: the statement of one page; contents: rows -> resources.
"""
