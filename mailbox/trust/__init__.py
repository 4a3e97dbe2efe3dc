"""May these two talk? White list, certificates, policy: pure, without Django, sockets or a clock."""
