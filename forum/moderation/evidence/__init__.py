"""Evidence that a moderator asks for on a case: files of the text's author or of a notice's sender."""
