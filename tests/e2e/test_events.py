"""Every sample event, handed by the real runtime interface client to the built function, on the running stack."""
