"""Built functions as processes: how long they take to start and to work, with how much of a processor."""
