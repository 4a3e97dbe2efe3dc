"""What a lower app asks of a higher one, or leads to, by its dotted name or the name of its page: imports go down only."""

DIRECTORY_ASKER = "mailbox.views.asking.asker"  # who searches the annuaire: where from, whom they know
ALARM_PAGE = "mailbox:me_alarm"  # «ce n’était pas vous ?», where notices lead (auth_otp.notice_sms)
