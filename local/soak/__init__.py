"""A soak: people change mosaics for a long time, at a bounded pace; in the end the books must balance."""
