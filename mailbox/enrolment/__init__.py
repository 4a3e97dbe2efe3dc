"""What accounts that come in need of the mail: letters to addresses of the annuaire, SMS with their words, who may decide."""
