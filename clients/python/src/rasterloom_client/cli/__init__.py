"""The command line. Results go to stdout; progress, notices and errors go to stderr."""
