"""`python -m rasterloom_client` is `rasterloom`."""

from rasterloom_client.cli.main import run

if __name__ == "__main__":
    run()
