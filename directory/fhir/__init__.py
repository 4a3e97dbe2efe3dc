"""The annuaire in FHIR R4, as ANS serves it: pure values both ways, shared by the client and by our own server."""
