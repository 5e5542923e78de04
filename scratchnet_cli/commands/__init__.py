"""The subcommands. A command imports the library when it runs, so that help stays fast."""
