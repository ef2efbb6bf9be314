"""The localised template: the project's own, with functions run by our bootstrap."""

import copy
from pathlib import Path

import pytest

from local import template
from local.paths import ROOT


@pytest.fixture(scope="module")
def own() -> template.Template:
    return template.load(ROOT / "template.yaml")


@pytest.fixture
def localised(own: template.Template) -> template.Template:
    local = copy.deepcopy(own)
    code = {function.logical_id: Path("/code") / function.logical_id for function in template.functions(own, ROOT)}
    layers = {name: Path("/layers") / name for name in template.layer_folders(own, ROOT)}
    template.localise(local, code, layers, {"BuilderMaximumConcurrency": "4"})
    return local


def test_functions_are_found_with_their_layers_in_order_and_their_variables(own: template.Template) -> None:
    functions = {function.logical_id: function for function in template.functions(own, ROOT)}
    assert functions.keys() == {"ApiFunction", "BuilderFunction", "RegistrarFunction", "ReconcilerFunction"}
    assert functions["ApiFunction"].layers == ("GdalLayer", "RasterloomLayer")
    assert functions["ReconcilerFunction"].layers == ("RasterloomLayer", "GdalLayer")
    assert {"TABLE_NAME", "TOKEN_ISSUER"} <= set(functions["ApiFunction"].variables)
    assert "TOKEN_ISSUER" not in functions["BuilderFunction"].variables


def test_only_runtime_code_and_layers_of_a_function_change(
    own: template.Template, localised: template.Template
) -> None:
    for name, body in template.resources(own, template.FUNCTION).items():
        before, after = dict(body["Properties"]), dict(localised["Resources"][name]["Properties"])
        assert after.pop("Runtime") == "provided.al2023"
        assert after.pop("CodeUri") == f"/code/{name}"
        assert "Layers" not in after
        for properties in (before, after):
            for setting in ("Runtime", "CodeUri", "Layers", "Events"):
                properties.pop(setting, None)
        assert after == before


def test_the_pollers_concurrency_is_a_number(localised: template.Template) -> None:
    events = localised["Resources"]["BuilderFunction"]["Properties"]["Events"]
    assert events["Builds"]["Properties"]["ScalingConfig"] == {"MaximumConcurrency": 4}


def test_whoever_may_send_a_message_may_send_a_batch(localised: template.Template) -> None:
    statements = [
        statement
        for body in template.resources(localised, template.ROLE).values()
        for policy in body["Properties"]["Policies"]
        for statement in policy["PolicyDocument"]["Statement"]
    ]
    sending = [each["Action"] for each in statements if "sqs:SendMessage" in each.get("Action", ())]
    assert sending
    assert all("sqs:SendMessageBatch" in actions for actions in sending)


def test_plain_http_is_not_denied(own: template.Template, localised: template.Template) -> None:
    assert template.resources(own, template.BUCKET_POLICY)
    assert not template.resources(localised, template.BUCKET_POLICY)


def test_cors_settings_keep_their_values(own: template.Template, localised: template.Template) -> None:
    before = own["Resources"]["HttpApi"]["Properties"]["CorsConfiguration"]
    after = localised["Resources"]["HttpApi"]["Properties"]["CorsConfiguration"]
    assert after["allowOrigins"] == before["AllowOrigins"]
    assert list(after.values()) == list(before.values())


def test_everything_else_stays(own: template.Template, localised: template.Template) -> None:
    changed = {template.FUNCTION, template.LAYER, template.BUCKET_POLICY, template.HTTP_API, template.ROLE}
    for name, body in own["Resources"].items():
        if body["Type"] not in changed:
            assert localised["Resources"][name] == body, name


def test_another_runtime_is_refused(own: template.Template) -> None:
    other = copy.deepcopy(own)
    other["Resources"]["ApiFunction"]["Properties"]["Runtime"] = "python3.12"
    with pytest.raises(ValueError, match=r"ApiFunction: expected Runtime python3\.13; found python3\.12"):
        template.functions(other, ROOT)


def test_a_file_without_resources_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "template.yaml"
    file.write_text("- a\n")
    with pytest.raises(ValueError, match="expected a CloudFormation template with Resources"):
        template.load(file)
