"""The command line: people's door. A file for each noun; everything else is the client's."""
