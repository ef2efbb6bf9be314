"""What holds for all tests."""

from hypothesis import settings

# A busy machine is no failure of a property.
settings.register_profile("patient", deadline=None)
settings.load_profile("patient")
