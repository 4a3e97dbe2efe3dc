"""What a lower app asks of a higher one, or leads to, by its dotted name or the name of its page: imports go down only."""

DIRECTORY_ASKER = "mailbox.views.asking.asker"  # who searches the annuaire: where from, whom they know
FACTORS_PAGE = "mailbox:me_security"  # where strong factors are added
ACCOUNT_LEAVES = "mailbox.account_end.leave_all"  # whoever's account ends (auth_otp.ending)
ACCOUNT_KEPT = "mailbox.account_end.hindrances"  # why one cannot leave yet (auth_otp.erasure)
LEAVING_PAGE = "mailbox:me_leaving"  # where a deletion that was asked is taken back
ALARM_PAGE = "mailbox:me_alarm"  # «ce n’était pas vous ?», where notices lead (auth_otp.notice_sms)
RULES_OF_PERSON = "mailbox.staff.rules.rules_of"  # of the structures that they work for (auth_otp.policy)
CONFINED_TO = "mailbox:me_security"  # and the pages under it: all that a session by a refused means opens
ACTIVATION_PAGE = "mailbox:activation"  # where the link of an invitation leads (auth_otp.activation)
