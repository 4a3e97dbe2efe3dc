"""Signing in with a CPS card: a client certificate of the authority of persons (IGC-Santé, gamme Fort), read at an address
of its own, where TLS asks for it. By nginx (edge) or by our own listener (front), what was read comes to the main address
as a ticket, and is judged there: the session's cookie lives nowhere else.
"""
