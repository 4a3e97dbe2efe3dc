"""A provider like Pro Santé Connect (client-and-documents §8), on this machine: for the demonstration and for tests.

It speaks the real protocol to one client and issues the documented claims; tests make it fail on purpose (`Wallet.fault`).
Refuses to be of use elsewhere: it listens on 127.0.0.1 and lets anybody be whom they choose.
"""
