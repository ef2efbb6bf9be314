"""The same template on one machine: emulator, runtime bootstrap, token issuer, sample rasters."""
