"""What SAM makes of the template, `events/env.json` and `samconfig.toml`, asked of SAM itself; no container is run."""

import json
import re
import subprocess
import tomllib
from functools import cache
from typing import Any, Final

from local.environment import for_tools
from local.paths import SAM
from rasterloom.domain.objects import ObjectRef
from rasterloom.settings import Settings
from tests.infrastructure.translation import FUNCTIONS, ROOT, source

ENVIRONMENT_FILE: Final = "events/env.json"

# Runs in SAM's own environment.
_ASK: Final = """
import json, sys
from samcli.lib.providers.api_provider import ApiProvider
from samcli.lib.providers.sam_function_provider import SamFunctionProvider
from samcli.lib.providers.sam_stack_provider import SamLocalStackProvider
from samcli.local.lambdafn.env_vars import EnvironmentVariables

stacks, _ = SamLocalStackProvider.get_stacks("template.yaml", parameter_overrides={})
overrides = json.load(open(sys.argv[1]))
functions = {
    each.name: EnvironmentVariables(
        function_name=each.name,
        variables=each.environment["Variables"],
        override_values=overrides.get("Parameters", {}) | overrides.get(each.name, {}),
    ).resolve()
    for each in SamFunctionProvider(stacks).get_all()
}
api = ApiProvider(stacks).api
routes = [[each.path, each.function_name, each.payload_format_version] for each in api.routes]
print(json.dumps({"functions": functions, "routes": routes, "stage": api.stage_name}))
"""


_OVERRIDES: Final = """
import json, sys
from samcli.cli.types import CfnParameterOverridesType

print(json.dumps(CfnParameterOverridesType().convert(tuple(sys.argv[1:]), None, None)))
"""


def asked_of_sam(program: str, *arguments: str) -> Any:
    """What a program prints, as JSON, that runs in SAM's environment."""
    command = [str(SAM.with_name("python")), "-c", program, *arguments]
    asked = subprocess.run(command, cwd=ROOT, env=for_tools(), capture_output=True, text=True, timeout=180, check=False)
    assert asked.returncode == 0, asked.stderr
    return json.loads(asked.stdout)


@cache
def seen_by_sam() -> Any:
    """Routes, stage, and the environment of every function."""
    return asked_of_sam(_ASK, ENVIRONMENT_FILE)


def overrides() -> Any:
    return json.loads((ROOT / ENVIRONMENT_FILE).read_text(encoding="utf-8"))


def test_sams_gateway_sends_every_path_to_the_api_with_payload_2() -> None:
    seen = seen_by_sam()
    assert (seen["routes"], seen["stage"]) == ([["$default", "ApiFunction", "2.0"]], "api")


def test_every_function_of_sam_local_has_settings_that_it_can_read() -> None:
    functions = seen_by_sam()["functions"]
    assert functions.keys() == set(FUNCTIONS)
    for environment in functions.values():
        settings = Settings.from_environment(environment)
        assert settings.table_name == overrides()["Parameters"]["TABLE_NAME"]
        assert settings.builds_queue_url.startswith("https://sqs.")


def test_the_sample_registration_is_within_the_allow_list_of_the_environment_file() -> None:
    event = json.loads((ROOT / "events/http/register_raster.json").read_text(encoding="utf-8"))
    bucket, _, key = json.loads(event["body"])["uri"].removeprefix("s3://").partition("/")
    settings = Settings.from_environment(seen_by_sam()["functions"]["ApiFunction"])
    assert [entry.holds(ObjectRef(bucket, key)) for entry in settings.source_allow_list] == [True]


def test_the_environment_file_names_only_variables_that_the_template_has() -> None:
    template = source()
    common = template["Globals"]["Function"]["Environment"]["Variables"].keys()
    own = {
        name: template["Resources"][name]["Properties"].get("Environment", {}).get("Variables", {}).keys()
        for name in FUNCTIONS
    }
    for name, variables in overrides().items():
        known = common | (own[name] if name in own else set().union(*own.values()))
        assert variables.keys() <= known, name


def test_samconfig_hands_the_environment_file_to_both_commands() -> None:
    dev = tomllib.loads((ROOT / "samconfig.toml").read_text(encoding="utf-8"))["dev"]
    files = {dev[command]["parameters"]["env_vars"] for command in ("local_invoke", "local_start_api")}
    assert files == {ENVIRONMENT_FILE}


def test_the_parameters_that_samconfig_shows_reach_the_template_whole() -> None:
    shown = re.findall(r"^# +(\"\w+=.*\"),$", (ROOT / "samconfig.toml").read_text(encoding="utf-8"), re.MULTILINE)
    parameters = asked_of_sam(_OVERRIDES, *tomllib.loads(f"shown = [{', '.join(shown)}]")["shown"])
    assert parameters.keys() == {"SourceAllowList", "WatchList", "WatchedBuckets"}
    lists = {"SOURCE_ALLOW_LIST": parameters["SourceAllowList"], "WATCH_LIST": parameters["WatchList"]}
    settings = Settings.from_environment(seen_by_sam()["functions"]["RegistrarFunction"] | lists)
    (allowed,), (watched,) = settings.source_allow_list, settings.watch_list
    assert (watched.bucket, watched.prefix) == (allowed.bucket, allowed.prefix)
    assert parameters["WatchedBuckets"] == watched.bucket
