#!/usr/bin/env python
"""Django's command line. The name of the command tells which secrets and which database role the process gets."""

import os
import sys


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "mssweb.settings")
    os.environ.setdefault("PROCESS", "smtpd" if sys.argv[1:2] == ["smtpd"] else "manage")
    from django.core.exceptions import ImproperlyConfigured
    from django.core.management import execute_from_command_line

    try:
        execute_from_command_line(sys.argv)
    except ImproperlyConfigured as error:
        sys.exit(f"mssweb: {error}")


if __name__ == "__main__":
    main()
