"""The request pipeline and everything it decides with: no socket, file or process in here."""
