"""What the receiver answers by itself, each with its reason (RFC 5321 §4.2, RFC 3463). A text tells a peer nothing of us."""

from mailbox.reply import Reply

OK = Reply(250, "2.0.0", "OK")
SENDER_OK = Reply(250, "2.1.0", "Sender OK")
RECIPIENT_OK = Reply(250, "2.1.5", "Recipient OK")
CHUNK_OK = Reply(250, "2.0.0", "Octets received")  # RFC 3030 §2
GO_AHEAD = Reply(354, "", "End data with <CR><LF>.<CR><LF>")
READY_TLS = Reply(220, "2.0.0", "Ready to start TLS")
BYE = Reply(221, "2.0.0", "Bye")
HELP = Reply(214, "2.0.0", "See RFC 5321")
SYNTAX = Reply(500, "5.5.2", "Syntax error, command unrecognized")
TOO_LONG = Reply(500, "5.5.2", "Command line too long")
ARGUMENT = Reply(501, "5.5.4", "Syntax error in parameters")
BAD_ADDRESS = Reply(553, "5.1.3", "Address not valid")
NOT_HERE = Reply(502, "5.5.1", "Command not implemented")
SEQUENCE = Reply(503, "5.5.1", "Bad sequence of commands")
PARAMETER = Reply(555, "5.5.4", "Parameter not recognized")  # RFC 5321 §4.1.1.11
NEED_TLS = Reply(530, "5.7.0", "Must issue a STARTTLS command first")  # RFC 3207 §4
NO_TLS_NOW = Reply(454, "4.7.0", "TLS not available due to temporary reason")  # RFC 3207 §4
TOO_BIG = Reply(552, "5.3.4", "Message too big for system")
TOO_MANY = Reply(452, "4.5.3", "Too many recipients")
NO_RECIPIENT = Reply(554, "5.5.1", "No valid recipients")
TOO_MANY_ERRORS = Reply(421, "4.7.0", "Too many errors, closing")
CANNOT_VERIFY = Reply(252, "2.5.2", "Cannot verify, but will accept and attempt delivery")
NEED_UTF8 = Reply(553, "5.6.7", "Address needs SMTPUTF8")  # RFC 6531 §3.5
LOOP = Reply(554, "5.4.6", "Message is in a loop")  # RFC 5321 §6.3
