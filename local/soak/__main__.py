"""`python -m local.soak`: live on the stack `soak` for a while, delete everything, and see if the books balance."""

import argparse
import random
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Final
from uuid import uuid4

from rich.console import Console

from local import aws, processes, state, tokens
from local.paths import LOCAL, Layout
from local.samples import Group, write_samples
from local.soak.leftovers import hasten, left_over
from local.soak.memory import FLAT, Watch
from local.soak.people import Books, Household, Person
from local.terminal import StepError, fail
from rasterloom_client import Client

NAME: Final = "soak"
HOUSEHOLDS: Final = 2
PEOPLE: Final = 2
"""Of each household."""
SETTLED: Final = 900.0
"""Seconds that the stack's reconciler gets to sweep what is left; thousands of looks take their time."""


def main() -> int:
    """Run the soak; the exit code is 1 if something was lost, left over, or grew."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=float, default=30.0)
    parser.add_argument("--pause", type=float, default=0.5, help="mean seconds between two operations of a person")
    parser.add_argument("--seed", type=int, default=0)
    arguments = parser.parse_args()
    stack = state.read(Layout(NAME))
    if stack is None:
        return fail(StepError(f"no stack {NAME} is running: `make soak` starts it"))
    return Soak(stack, arguments.seed).run(arguments.minutes, arguments.pause)


class Soak:
    """One run."""

    def __init__(self, stack: state.StackState, seed: int) -> None:
        """Make the people."""
        self.stack, self.books, self.console = stack, Books(), Console()
        self.households: list[tuple[Household, Client, list[Person]]] = []
        for number in range(HOUSEHOLDS):
            caller = tokens.Caller(f"household-{number}-{uuid4()}", ("upload",))
            client = Client(stack.api_url, tokens.mint(stack.issuer, caller, audience=stack.audience))
            house = Household(self._registered(client, number))
            names = [f"{number}-{person}" for person in range(PEOPLE)]
            people = [Person(name, client, house, self.books, random.Random(f"{seed} {name}")) for name in names]  # noqa: S311
            self.households.append((house, client, people))

    def _registered(self, client: Client, number: int) -> list[str]:
        """Eight tiles of one grid, put into a folder of the household's own."""
        s3, ids = aws.s3(self.stack.endpoint_url), []
        for sample in write_samples(LOCAL / "samples"):
            if sample.group is Group.TILES:
                key = f"soak/{number}/{sample.path.name}"
                s3.put_object(Bucket=self.stack.source_bucket, Key=key, Body=sample.path.read_bytes())
                ids.append(client.register(f"s3://{self.stack.source_bucket}/{key}")["id"])
        return ids

    def run(self, minutes: float, pause: float) -> int:
        """Live, then clear up and judge."""
        people = [person for _, _, each in self.households for person in each]
        emulator = next(each for each in processes.recorded(Layout(NAME).processes_file) if each.role == "emulator")
        began = time.monotonic()
        with Watch(emulator.pid) as watch, ThreadPoolExecutor(len(people)) as pool:
            until = began + 60 * minutes
            for done in [pool.submit(person.live, until, pause) for person in people]:
                done.result()
        took = time.monotonic() - began
        faults = [*self.books.surprises, *self._cleared(), *self._grown(watch)]
        self._report(took, watch, faults)
        return 1 if faults else 0

    def _cleared(self) -> list[str]:
        """Delete everything; what is there then that should not be?"""
        faults = []
        for house, client, _ in self.households:
            for vrt in house.vrts:
                sources = len(list(client.sources(vrt)))
                status = client.status(vrt)
                if status["status"] == "regenerating" or status["source_count"] != sources:
                    faults.append(f"VRT {vrt} is {status['status']} with {status['source_count']}, lists {sources}")
                client.delete(vrt)
            for raster in house.rasters:
                client.delete(raster)
        if len(self.books.jobs) != self.books.ended.total():
            faults.append(f"{len(self.books.jobs)} jobs were accepted, {self.books.ended.total()} ended")
        deadline = time.monotonic() + SETTLED
        while (left := left_over(self.stack)) and time.monotonic() < deadline:
            hasten(self.stack)
            time.sleep(2)
        return faults + left

    def _grown(self, watch: Watch) -> list[str]:
        return [
            f"{role} grew from {second:.0f} to {last:.0f} MB"
            for role, (second, last, _) in watch.growth().items()
            if role != "emulator" and last > FLAT * second
        ]

    def _report(self, took: float, watch: Watch, faults: list[str]) -> None:
        say, books = self.console.print, self.books
        say(f"\n{took / 60:.1f} minutes, {HOUSEHOLDS} x {PEOPLE} people, {books.accepted.total()} operations accepted")
        for title, counter in (("accepted", books.accepted), ("refused", books.refused), ("jobs ended", books.ended)):
            say(f"  {title}: " + ", ".join(f"{what} {number}" for what, number in counter.most_common()))
        for role, (second, last, most) in watch.growth().items():
            say(f"  {role}: {second:.0f} MB, then {last:.0f} MB, at most {most:.0f} MB")
        say("  everything was deleted, and nothing is left over" if not faults else "\n".join(["FAULTS", *faults]))


if __name__ == "__main__":
    sys.exit(main())
